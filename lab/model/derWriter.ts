/** Writes DER: what a changed copy of a certificate needs. */
import { sign, type KeyObject } from "node:crypto";
import { TAG } from "../../provider/pki/der";

/** One element out of its parts. */
export function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

/** An OBJECT IDENTIFIER of any size. */
export function oid(text: string): Buffer {
  const [top, second, ...rest] = text.split(".").map(BigInt);
  return der(TAG.OID, ...[top * 40n + second, ...rest].map(base128));
}

function base128(value: bigint): Buffer {
  const bytes = [Number(value & 0x7fn)];
  for (let rest = value >> 7n; rest > 0n; rest >>= 7n) bytes.unshift(Number(rest & 0x7fn) | 0x80);
  return Buffer.from(bytes);
}

const SHA256_RSA = der(TAG.SEQUENCE, oid("1.2.840.113549.1.1.11"), Buffer.from([0x05, 0x00]));

/** The parts of a certificate that a copy keeps or replaces, as whole elements. */
export interface CertificateParts {
  serial: Uint8Array;
  issuer: Uint8Array;
  validity: Uint8Array;
  subject: Uint8Array;
  publicKey: Uint8Array;
  extensions: readonly Uint8Array[];
}

/** A certificate of version 3 with an RSA signature of `signer`. */
export function writeCertificate(parts: CertificateParts, signer: KeyObject): Buffer {
  const { serial, issuer, validity, subject, publicKey, extensions } = parts;
  const version = der(0xa0, der(TAG.INTEGER, Buffer.from([2])));
  const list = extensions.length > 0 ? [der(0xa3, der(TAG.SEQUENCE, ...extensions))] : [];
  const tbs = der(TAG.SEQUENCE, version, serial, SHA256_RSA, issuer, validity, subject, publicKey, ...list);
  return der(TAG.SEQUENCE, tbs, SHA256_RSA, der(TAG.BIT_STRING, Buffer.from([0]), sign("sha256", tbs, signer)));
}
