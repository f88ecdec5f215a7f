/** Certificate requests (PKCS#10): only what identifies their key. */
import { createHash } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { child, readDer, TAG } from "./der";

export interface CertificateRequestFacts {
  der: Buffer;
  pem: string;
  /** SHA-256 of the SubjectPublicKeyInfo, upper-case hex: the same value as the issued certificate's. */
  publicKeySha256: string;
}

/**
 * Reads a request: PEM text (UTF-16 is accepted, as Microsoft's examples write it), base64 or DER.
 * @throws ExchangeError CERTIFICATE_UNREADABLE
 */
export function readRequest(input: string | Uint8Array): CertificateRequestFacts {
  try {
    const der = typeof input === "string" ? fromText(input) : fromBytes(Buffer.from(input));
    const info = child(readDer(der), 0, TAG.SEQUENCE);
    const spki = child(info, 2, TAG.SEQUENCE).bytes;
    const publicKeySha256 = createHash("sha256").update(spki).digest("hex").toUpperCase();
    return { der, pem: toPem(der), publicKeySha256 };
  } catch (cause) {
    throw new ExchangeError("CERTIFICATE_UNREADABLE", "The certificate request cannot be read.", {
      cause,
      hint: "Give the PEM text of one PKCS#10 certificate request.",
    });
  }
}

function fromBytes(bytes: Buffer): Buffer {
  if (bytes[0] === TAG.SEQUENCE) return bytes;
  const utf16 = bytes.length > 1 && (bytes[1] === 0 || (bytes[0] === 0xff && bytes[1] === 0xfe));
  return fromText(bytes.toString(utf16 ? "utf16le" : "latin1"));
}
function fromText(text: string): Buffer {
  const body = text
    .replace(/\uFEFF/g, "")
    .replace(/-----[A-Z ]+-----/g, "")
    .replace(/\s+/g, "");
  return Buffer.from(body, "base64");
}
function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}
