/** Certificate and key given as PEM text. */
import { createPrivateKey, KeyObject } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { CertificateBundle, keyBelongsTo } from "./bundle";
import { Certificate, readCertificate } from "./certificate";
import { orderChain } from "./chain";

export interface PemInput {
  /** One certificate, or the leaf followed by its chain. */
  certificate: string;
  /** PKCS#8, PKCS#1 or SEC1, encrypted or not. */
  privateKey: string;
  privateKeyPassword?: string;
  /** More certificates of the chain, in any order. */
  chain?: string | string[];
}

const BLOCK = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** Every certificate of a PEM text, in order. @throws ExchangeError PEM_UNREADABLE, CERTIFICATE_UNREADABLE */
export function readCertificates(pem: string): Certificate[] {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0) throw new ExchangeError("PEM_UNREADABLE", "The text holds no PEM certificate.");
  return blocks.map((block) => readCertificate(block));
}

/**
 * Reads a certificate, its key and its chain.
 * @throws ExchangeError PEM_UNREADABLE, CERTIFICATE_UNREADABLE, KEY_MISMATCH
 */
export function readPemBundle(input: PemInput): CertificateBundle {
  const [certificate, ...following] = readCertificates(input.certificate);
  const privateKey = readPrivateKey(input.privateKey, input.privateKeyPassword);
  if (!keyBelongsTo(privateKey, certificate)) {
    throw new ExchangeError(
      "KEY_MISMATCH",
      `The private key does not belong to certificate ${certificate.thumbprint} (${certificate.subject}).`,
    );
  }
  const texts = [input.chain ?? []].flat().filter((text) => text.trim() !== "");
  const others = [...following, ...texts.flatMap(readCertificates)];
  return { certificate, privateKey, chain: orderChain(certificate, others), keyProvider: null };
}

/** The cause is dropped on purpose: OpenSSL's text may quote what it could not read. */
function readPrivateKey(key: string, passphrase?: string): KeyObject {
  const encrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(key);
  if (encrypted && passphrase === undefined) {
    throw new ExchangeError("PEM_UNREADABLE", "The private key is encrypted and no password was given.", {
      hint: "Set privateKeyPassword, or give the key without encryption.",
    });
  }
  try {
    return createPrivateKey({ key, format: "pem", passphrase: encrypted ? passphrase : undefined });
  } catch {
    const why = encrypted ? "cannot be decrypted with its password" : "is not readable PEM";
    throw new ExchangeError("PEM_UNREADABLE", `The private key ${why}.`);
  }
}
