/** Builds a PKCS#12 container; runs in the worker thread like the reader (pfx-codec.ts, which must be loaded first). */
import { createHash, randomBytes } from "node:crypto";
import forge from "node-forge";
import { macOf } from "./pfx-codec";

export type PfxAlgorithm = "3des" | "aes256";

export interface ContainerParts {
  /** Leaf first. */
  certificates: Uint8Array[];
  pkcs8: Uint8Array;
  password: string;
  friendlyName?: string;
  /** `3des` (MAC SHA-1) is what Windows Server 2016 can read; `aes256` goes with SHA-256. */
  algorithm: PfxAlgorithm;
  iterations: number;
}

const { asn1 } = forge;
const SALT_BYTES = 16;
const ALGORITHMS = {
  "3des": { cipher: "3des", digest: "sha1", digestOid: "1.3.14.3.2.26" },
  aes256: { cipher: "aes256", digest: "sha256", digestOid: "2.16.840.1.101.3.4.2.1" },
} as const;

export function writeContainer(parts: ContainerParts): Buffer {
  const { digest, digestOid } = ALGORITHMS[parts.algorithm];
  const safe = toDer(sequence(data(sequence(...certificateBags(parts))), data(sequence(keyBag(parts)))));
  const salt = randomBytes(SALT_BYTES);
  const mac = macOf(safe, parts.password, digest, salt, parts.iterations);
  const digestInfo = sequence(sequence(oid(digestOid), primitive(asn1.Type.NULL, "")), octetString(mac));
  return toDer(sequence(integer(3), data(safe), sequence(digestInfo, octetString(salt), integer(parts.iterations))));
}

function certificateBags({ certificates, friendlyName }: ContainerParts): forge.asn1.Asn1[] {
  return certificates.map((der, index) => {
    const bag = sequence(oid("1.2.840.113549.1.9.22.1"), context(octetString(der)));
    const parts = [oid("1.2.840.113549.1.12.10.1.3"), context(bag)];
    if (index === 0) parts.push(attributes(der, friendlyName));
    return sequence(...parts);
  });
}

function keyBag(parts: ContainerParts): forge.asn1.Asn1 {
  const info = asn1.fromDer(Buffer.from(parts.pkcs8).toString("binary"));
  const { cipher, digest } = ALGORITHMS[parts.algorithm];
  const options = { algorithm: cipher, count: parts.iterations, saltSize: SALT_BYTES, prfAlgorithm: digest };
  const encrypted = forge.pki.encryptPrivateKeyInfo(info, parts.password, options);
  return sequence(oid("1.2.840.113549.1.12.10.1.2"), context(encrypted), attributes(parts.certificates[0], parts.friendlyName));
}

/** localKeyId ties key and certificate together; no key provider is named, the importing host decides. */
function attributes(leaf: Uint8Array, friendlyName: string | undefined): forge.asn1.Asn1 {
  const id = createHash("sha1").update(leaf).digest();
  const list = [sequence(oid("1.2.840.113549.1.9.21"), set(octetString(id)))];
  if (friendlyName) {
    // forge encodes the text of a BMPString itself
    list.push(sequence(oid("1.2.840.113549.1.9.20"), set(primitive(asn1.Type.BMPSTRING, friendlyName))));
  }
  return set(...list);
}

function data(content: forge.asn1.Asn1 | Buffer): forge.asn1.Asn1 {
  const bytes = Buffer.isBuffer(content) ? content : toDer(content);
  return sequence(oid("1.2.840.113549.1.7.1"), context(octetString(bytes)));
}
function sequence(...children: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, children);
}
function set(...children: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SET, true, children);
}
function context(inner: forge.asn1.Asn1): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.CONTEXT_SPECIFIC, 0, true, [inner]);
}
function primitive(type: forge.asn1.Type, value: string): forge.asn1.Asn1 {
  return asn1.create(asn1.Class.UNIVERSAL, type, false, value);
}
function octetString(bytes: Uint8Array): forge.asn1.Asn1 {
  return primitive(asn1.Type.OCTETSTRING, Buffer.from(bytes).toString("binary"));
}
function oid(text: string): forge.asn1.Asn1 {
  return primitive(asn1.Type.OID, asn1.oidToDer(text).getBytes());
}
function integer(value: number): forge.asn1.Asn1 {
  return primitive(asn1.Type.INTEGER, asn1.integerToDer(value).getBytes());
}
function toDer(element: forge.asn1.Asn1): Buffer {
  return Buffer.from(asn1.toDer(element).getBytes(), "binary");
}
