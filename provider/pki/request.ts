/** Certificate requests (PKCS#10): what identifies their key, and the names that they ask for. */
import { createHash } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { decodeText } from "../base/text";
import { readExtensions } from "./certificate";
import { child, oidText, readDer, TAG, type DerElement } from "./der";
import { kindOf } from "./kinds";

export interface CertificateRequestFacts {
  der: Buffer;
  pem: string;
  /** SHA-256 of the SubjectPublicKeyInfo, upper-case hex: the same value as the issued certificate's. */
  publicKeySha256: string;
  /** DNS names of the subject alternative name that is asked for; empty without one. */
  domainNames: string[];
}

/**
 * Reads a request: PEM text (UTF-16 is accepted, as Microsoft's examples write it), base64 or DER.
 * @throws ExchangeError CERTIFICATE_UNREADABLE
 */
export function readRequest(input: string | Uint8Array): CertificateRequestFacts {
  try {
    const der = typeof input === "string" ? fromText(input) : fromBytes(Buffer.from(input));
    if (kindOf(der)?.name !== "request") throw new Error("something else");
    const info = child(readDer(der), 0, TAG.SEQUENCE);
    const spki = child(info, 2, TAG.SEQUENCE).bytes;
    const publicKeySha256 = createHash("sha256").update(spki).digest("hex").toUpperCase();
    return { der, pem: toPem(der), publicKeySha256, domainNames: requestedNames(info) };
  } catch (cause) {
    const kind = kindOf(input);
    const what = kind && kind.name !== "request" ? `: it is ${kind.what}` : "";
    throw new ExchangeError("CERTIFICATE_UNREADABLE", `The certificate request cannot be read${what}.`, {
      cause,
      hint: "Give the PEM text of one PKCS#10 certificate request.",
    });
  }
}

/** PKCS#9 extensionRequest (RFC 2985, 5.4.2). */
const EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

function requestedNames(info: DerElement): string[] {
  const attributes = info.children.find(({ tag }) => tag === 0xa0)?.children ?? [];
  const asked = attributes.find((one) => oidText(child(one, 0)) === EXTENSION_REQUEST);
  return asked ? readExtensions(child(asked, 1)).dnsNames : [];
}

function fromBytes(bytes: Buffer): Buffer {
  if (bytes[0] === TAG.SEQUENCE) return bytes;
  return fromText(decodeText(bytes) ?? "");
}
function fromText(text: string): Buffer {
  const body = text
    .replace(/\uFEFF/g, "")
    .replace(/^[\s\S]*?-----BEGIN [A-Z ]+-----|-----END[\s\S]*$/g, "")
    .replace(/\s+/g, "");
  return Buffer.from(body, "base64");
}
function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}
