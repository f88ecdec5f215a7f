/** Certificates in whatever form an authority or a tool hands them out. */
import { decodeText } from "../base/text";
import { ExchangeError } from "../base/errors";
import { pemText } from "./armour";
import { Certificate, readCertificate } from "./certificate";
import { child, readDer, TAG, type DerElement } from "./der";
import { kindOf } from "./kinds";

const BLOCK = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/**
 * Every certificate of a file, in the file's order: PEM (with whatever stands around it), PKCS#7 in PEM or DER, DER, base64
 * without armour, what `certutil -encode` wrote; in UTF-8 or UTF-16.
 * @throws ExchangeError PEM_UNREADABLE, which names what it is instead; CERTIFICATE_UNREADABLE (damaged)
 */
export function readCertificates(input: string | Uint8Array): Certificate[] {
  const text = typeof input === "string" ? input : decodeText(input);
  const blocks = text === undefined ? [] : (pemText(text).match(BLOCK) ?? []);
  if (blocks.length > 1) return blocks.flatMap(readBlock);
  const kind = kindOf(input);
  if (kind?.der && (kind.name === "certificate" || kind.name === "pkcs7")) return fromDer(kind.der, kind.name);
  if (blocks.length === 1) return readBlock(blocks[0]);
  throw unreadable(kind?.what, kind?.wayOut);
}

function readBlock(block: string): Certificate[] {
  const kind = kindOf(block);
  if (kind?.der && kind.name === "pkcs7") return fromDer(kind.der, "pkcs7");
  if (kind && kind.name !== "certificate") throw unreadable(kind.what, kind.wayOut);
  return [readCertificate(block)];
}

function unreadable(what: string | undefined, wayOut: string | undefined): ExchangeError {
  const sentence = what ? `A certificate is expected; what is given is ${what}.` : "The text holds no PEM certificate.";
  return new ExchangeError("PEM_UNREADABLE", sentence, { hint: wayOut });
}

function fromDer(der: Buffer, name: "certificate" | "pkcs7"): Certificate[] {
  if (name === "certificate") return [readCertificate(der)];
  const found = certificatesOf(der).map((one) => readCertificate(one));
  if (found.length === 0) throw unreadable("a PKCS#7 file without a certificate", "Have it made again, with the certificate chain.");
  return found;
}

/** The certificates of SignedData (RFC 5652, 5.1): field [0]. */
function certificatesOf(der: Buffer): Buffer[] {
  try {
    const signedData = child(child(readDer(der), 1), 0, TAG.SEQUENCE);
    const set = signedData.children.find(({ tag }: DerElement) => tag === 0xa0);
    return (set?.children ?? []).filter(({ tag }) => tag === TAG.SEQUENCE).map(({ bytes }) => bytes);
  } catch (cause) {
    throw new ExchangeError("CERTIFICATE_UNREADABLE", "The PKCS#7 file is damaged.", { cause });
  }
}

/**
 * The certificate of a key among many, whatever their order: of several (renewed with the same key) the one that is valid at
 * `now`, then the one that is valid longest. Undefined where none has the key.
 */
export function ofKey(certificates: readonly Certificate[], hasKey: (one: Certificate) => boolean, now: Date): Certificate | undefined {
  const valid = ({ notBefore, notAfter }: Certificate): number => (notBefore <= now && now <= notAfter ? 0 : 1);
  return certificates
    .filter(hasKey)
    .sort((a, b) => valid(a) - valid(b) || b.notAfter.getTime() - a.notAfter.getTime() || b.notBefore.getTime() - a.notBefore.getTime())[0];
}
