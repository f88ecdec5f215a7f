/**
 * What lies in a PKCS#12 container, read from its own bytes: a library that rebuilds certificates from a model of its own changes them, and so
 * the thumbprint, of RSA certificates that an EC authority signed, and knows no EC keys. What comes out is plain DER for Node's crypto.
 */
import { child, DerElement, DerError, octets, oidText, readDer, TAG } from "./der";

export interface OpenedBag {
  der: Uint8Array;
  /** Hex of the localKeyId attribute, null when absent. */
  localKeyId: string | null;
  keyProvider: string | null;
}
export interface OpenedContainer {
  certificates: OpenedBag[];
  keys: OpenedBag[];
}

/** A part that is to be decrypted. */
export interface Sealed {
  /** Its AlgorithmIdentifier. */
  algorithm: DerElement;
  data: Buffer;
  /** Of a private key: the whole of it, as Node's own reader of encrypted keys takes it (RFC 5958). */
  encryptedKey?: Buffer;
}
/** Yields what is sealed, and goes on with what was in it. */
type Reading<T> = Generator<Sealed, T, Buffer>;

const OID = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  keyBag: "1.2.840.113549.1.12.10.1.1",
  shroudedKeyBag: "1.2.840.113549.1.12.10.1.2",
  certBag: "1.2.840.113549.1.12.10.1.3",
  safeContentsBag: "1.2.840.113549.1.12.10.1.6",
  x509Certificate: "1.2.840.113549.1.9.22.1",
  localKeyId: "1.2.840.113549.1.9.21",
  keyProvider: "1.3.6.1.4.1.311.17.1",
};
/** Digests of an integrity check. */
export const DIGESTS: Record<string, "sha1" | "sha256" | "sha384" | "sha512"> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};
const MAX_BAGS = 200;
const MAX_NESTED_SAFES = 8;

/** Reads an authenticated safe. @throws DerError */
export function* readSafe(safe: Buffer): Reading<OpenedContainer> {
  const found: OpenedContainer = { certificates: [], keys: [] };
  for (const content of readDer(safe).children) yield* readContent(content, found);
  return found;
}

function* readContent(content: DerElement, found: OpenedContainer): Reading<void> {
  const type = oidText(child(content, 0));
  const value = child(child(content, 1), 0);
  if (type === OID.data) return yield* readBags(octets(value), found, 0);
  if (type !== OID.encryptedData) throw new DerError("a part of it is protected by a key instead of a password");
  const info = child(value, 1, TAG.SEQUENCE);
  yield* readBags(yield { algorithm: child(info, 1, TAG.SEQUENCE), data: octets(child(info, 2)) }, found, 0);
}

function* readBags(safeContents: Buffer, found: OpenedContainer, depth: number): Reading<void> {
  if (depth > MAX_NESTED_SAFES) throw new DerError("it is nested too deeply");
  for (const bag of readDer(safeContents).children) yield* readBag(bag, found, depth);
}

function* readBag(bag: DerElement, found: OpenedContainer, depth: number): Reading<void> {
  const type = oidText(child(bag, 0));
  const value = child(child(bag, 1), 0);
  const { certificates, keys } = found;
  if (certificates.length + keys.length >= MAX_BAGS) throw new DerError("it holds too many objects");
  if (type === OID.safeContentsBag) return yield* readBags(value.bytes, found, depth + 1);
  const attributes = readAttributes(bag.children[2]);
  if (type === OID.keyBag) keys.push({ der: value.bytes, ...attributes });
  if (type === OID.shroudedKeyBag) {
    const sealed: Sealed = { algorithm: child(value, 0, TAG.SEQUENCE), data: octets(child(value, 1)), encryptedKey: value.bytes };
    const der = yield sealed;
    keys.push({ der, ...attributes });
  }
  if (type === OID.certBag && oidText(child(value, 0)) === OID.x509Certificate) {
    certificates.push({ der: octets(child(child(value, 1), 0)), ...attributes });
  }
}

function readAttributes(set: DerElement | undefined): { localKeyId: string | null; keyProvider: string | null } {
  const result = { localKeyId: null as string | null, keyProvider: null as string | null };
  for (const attribute of set?.children ?? []) {
    const oid = oidText(child(attribute, 0));
    const value = attribute.children[1]?.children[0];
    if (!value) continue;
    if (oid === OID.localKeyId) result.localKeyId = octets(value).toString("hex");
    if (oid === OID.keyProvider && value.content.length % 2 === 0) {
      result.keyProvider = Buffer.from(value.content).swap16().toString("utf16le");
    }
  }
  return result;
}
