/** Certificate and key given as PEM text, or as files in DER. */
import { createPrivateKey, KeyObject } from "node:crypto";
import { decodeText } from "../base/text";
import { ExchangeError, isExchangeError } from "../base/errors";
import { pemText } from "./armour";
import { CertificateBundle, keyBelongsTo } from "./bundle";
import { ofKey, readCertificates } from "./certificates";
import { orderChain } from "./chain";
import { kindOf } from "./kinds";

export interface PemInput {
  /** The certificate, alone or among those of its chain in any order. Bytes may be DER or PKCS#7. */
  certificate: string | Uint8Array;
  /** PKCS#8, PKCS#1 or SEC1, encrypted or not. */
  privateKey: string | Uint8Array;
  privateKeyPassword?: string;
  /** More certificates of the chain, in any order. */
  chain?: string | Uint8Array | (string | Uint8Array)[];
  /** When the path is to be valid; default now. */
  now?: Date;
}

/**
 * Reads a certificate, its key and its chain. The certificate is the one that has the key.
 * @throws ExchangeError PEM_UNREADABLE, CERTIFICATE_UNREADABLE, KEY_MISMATCH
 */
export function readPemBundle(input: PemInput): CertificateBundle {
  const { now = new Date() } = input;
  const given = inPart("certificate", () => readCertificates(input.certificate));
  const privateKey = inPart("privateKey", () => readPrivateKey(input.privateKey, input.privateKeyPassword));
  const certificate = ofKey(given, (one) => keyBelongsTo(privateKey, one), now);
  if (!certificate) {
    const [first] = given;
    const which = given.length === 1 ? `certificate ${first.thumbprint} (${first.subject})` : `any of the ${given.length} certificates`;
    throw new ExchangeError("KEY_MISMATCH", `The private key does not belong to ${which}.`, { details: { part: "privateKey" } });
  }
  const texts = [input.chain ?? []].flat().filter((text) => typeof text !== "string" || text.trim() !== "");
  const pool = [...given.filter((one) => one !== certificate), ...inPart("chain", () => texts.flatMap((text) => readCertificates(text)))];
  return { certificate, privateKey, chain: orderChain(certificate, pool, now), pool, keyProvider: null };
}

/** Notes in the error's details which of several parts it is about. */
export function inPart<T>(part: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!isExchangeError(error)) throw error;
    const { code, sentence, hint, cause } = error;
    throw new ExchangeError(code, sentence, { hint, cause, details: { part } });
  }
}

/** The cause is dropped on purpose: OpenSSL's text may quote what it could not read. */
function readPrivateKey(given: string | Uint8Array, passphrase?: string): KeyObject {
  const kind = kindOf(given);
  const text = typeof given === "string" ? given : decodeText(given);
  const encrypted = kind?.name === "encryptedKey";
  if (encrypted && passphrase === undefined) {
    throw new ExchangeError("PEM_UNREADABLE", "The private key is encrypted and no password was given.", {
      hint: "Set privateKeyPassword, or give the key without encryption.",
    });
  }
  const key =
    text === undefined || !text.includes("-----BEGIN")
      ? openDer(kind?.der, passphrase)
      : openPem(pemText(text), encrypted ? passphrase : undefined);
  if (key) return key;
  if (encrypted) throw new ExchangeError("PEM_UNREADABLE", "The private key cannot be decrypted with its password.");
  if (!kind || kind.name === "key") throw new ExchangeError("PEM_UNREADABLE", "The private key is not readable PEM.");
  throw new ExchangeError("PEM_UNREADABLE", `A private key is expected; what is given is ${kind.what}.`, { hint: kind.wayOut });
}

function openPem(text: string, passphrase: string | undefined): KeyObject | undefined {
  try {
    return createPrivateKey({ key: text, format: "pem", passphrase });
  } catch {
    return undefined;
  }
}

function openDer(der: Buffer | undefined, passphrase: string | undefined): KeyObject | undefined {
  for (const type of der ? (["pkcs8", "pkcs1", "sec1"] as const) : []) {
    try {
      return createPrivateKey({ key: der!, format: "der", type, passphrase });
    } catch {
      // another form
    }
  }
  return undefined;
}
