/** Hand-made DER for tests of what no tool would write. */
import { createHmac, pbkdf2Sync } from "node:crypto";
import forge from "node-forge";
import { child, octets, readDer } from "../../../provider/pki/der";
import { macOf } from "../../../provider/pki/pfx-codec";

export function tlv(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const long = [0x83, body.length >> 16, (body.length >> 8) & 255, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...(body.length < 128 ? [body.length] : long)]), body]);
}

export const sequence = (...content: Buffer[]): Buffer => tlv(0x30, ...content);
export const octetString = (bytes: Buffer): Buffer => tlv(0x04, bytes);
export const context = (...content: Buffer[]): Buffer => tlv(0xa0, ...content);
export const oid = (text: string): Buffer => tlv(0x06, Buffer.from(forge.asn1.oidToDer(text).getBytes(), "binary"));

export function integer(value: number | bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return tlv(0x02, bytes[0] & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}

export const data = (content: Buffer): Buffer => sequence(oid("1.2.840.113549.1.7.1"), context(octetString(content)));

/** A complete PFX around an authenticated safe, with a MAC (SHA-1) that is right for `password`. */
export function pfxAround(safe: Buffer, password: string, declaredIterations: number | bigint = 1): Buffer {
  const salt = Buffer.from("saltsalt");
  const mac = declaredIterations === 1 ? macOf(safe, password, "sha1", salt, 1) : Buffer.alloc(20);
  const digest = sequence(sequence(oid("1.3.14.3.2.26"), Buffer.from("0500", "hex")), octetString(mac));
  return sequence(integer(3), data(safe), sequence(digest, octetString(salt), integer(declaredIterations)));
}

export const PBE_3DES = "1.2.840.113549.1.12.1.3";

/** An AlgorithmIdentifier of a password-based scheme with this iteration count. */
export function pbe(iterations: number | bigint, scheme = PBE_3DES): Buffer {
  const parameters = sequence(octetString(Buffer.from("saltsalt")), integer(iterations));
  if (scheme !== "pbes2") return sequence(oid(scheme), parameters);
  const kdf = sequence(oid("1.2.840.113549.1.5.12"), parameters);
  const cipher = sequence(oid("2.16.840.1.101.3.4.1.42"), octetString(Buffer.alloc(16)));
  return sequence(oid("1.2.840.113549.1.5.13"), sequence(kdf, cipher));
}

/** A SafeContents with one encrypted key. */
export function shroudedKey(algorithm: Buffer, encrypted = Buffer.alloc(16)): Buffer {
  const value = context(sequence(algorithm, octetString(encrypted)));
  return sequence(sequence(oid("1.2.840.113549.1.12.10.1.2"), value));
}

/** SafeContents encrypted with 3DES and one iteration, as a part of an authenticated safe. */
export function encryptedData(safeContents: Buffer, password: string): Buffer {
  const plain = forge.asn1.fromDer(safeContents.toString("binary"));
  const options = { algorithm: "3des" as const, count: 1 };
  const encrypted = forge.pki.encryptPrivateKeyInfo(plain, password, options);
  const [algorithm, content] = encrypted.value as forge.asn1.Asn1[];
  const bytes = Buffer.from(forge.asn1.toDer(algorithm).getBytes(), "binary");
  const body = tlv(0x80, Buffer.from(content.value as string, "binary"));
  const info = sequence(oid("1.2.840.113549.1.7.1"), bytes, body);
  return sequence(oid("1.2.840.113549.1.7.6"), context(sequence(integer(0), info)));
}

/** The container with the integrity check of RFC 9579 in the place of its own. `declared` is what the file asks for. */
export function withPbmac1(pfx: Buffer, password: string, hmac: string, digest: string, declared = 2_048): Buffer {
  const [version, content] = readDer(pfx).children;
  const salt = Buffer.from("a salt of 16 byte");
  const length = digest === "sha512" ? 64 : 32;
  const scheme = sequence(oid(hmac), Buffer.from("0500", "hex"));
  const kdf = sequence(oid("1.2.840.113549.1.5.12"), sequence(octetString(salt), integer(declared), integer(length), scheme));
  const algorithm = sequence(oid("1.2.840.113549.1.5.14"), sequence(kdf, scheme));
  const key = pbkdf2Sync(password, salt, Math.min(declared, 2_048), length, digest);
  const mac = createHmac(digest, key)
    .update(octets(child(child(content, 1), 0)))
    .digest();
  const unused = Buffer.from("NOT USED");
  return sequence(version.bytes, content.bytes, sequence(sequence(algorithm, octetString(mac)), octetString(unused), integer(1)));
}

/** A small reproducible generator (xorshift). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** A copy with one to four bits flipped, or cut, or with bytes repeated. */
export function mutated(original: Buffer, random: () => number): Buffer {
  const bytes = Buffer.from(original);
  const kind = random() % 10;
  const at = random() % bytes.length;
  if (kind === 0) return bytes.subarray(0, at);
  if (kind === 1) return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random() % bytes.length)]);
  for (let flips = 1 + (random() % 4); flips > 0; flips--) bytes[random() % bytes.length] ^= 1 << (random() % 8);
  return bytes;
}
