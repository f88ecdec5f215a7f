/**
 * The PKCS#12 container. Runs in a worker thread only: key derivation would block the event loop.
 *
 * node-forge does the password-based ciphers. The bags are walked here, because forge rebuilds certificates from
 * its own model, which changes bytes (and so the thumbprint) of RSA certificates that an EC authority signed, and
 * it has no model for EC keys. What comes out is plain DER for Node's crypto.
 */
import { createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import forge from "node-forge";
import { ExchangeError } from "../base/errors";
import { child, DerElement, DerError, octets, oidText, readDer, TAG } from "./der";
import { costOf, IterationBudget, pfxUnreadable, readOutline } from "./pfx-limits";

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

/** Parts of node-forge that its type package does not declare. */
const pbe = (forge.pki as unknown as { pbe: PasswordBased }).pbe;
interface PasswordBased {
  getCipher(oid: string, parameters: forge.asn1.Asn1, password: string | undefined): forge.cipher.BlockCipher;
  generatePkcs12Key(
    password: string | undefined,
    salt: forge.util.ByteBuffer,
    id: number,
    iterations: number,
    length: number,
    digest: forge.md.MessageDigest,
  ): forge.util.ByteBuffer;
}

// forge derives PBKDF2 in JavaScript, 25 times slower than OpenSSL; this thread has forge to itself.
(forge.pkcs5 as { pbkdf2: unknown }).pbkdf2 = (
  password: string,
  salt: string,
  iterations: number,
  length: number,
  digest?: { algorithm: string } | null,
): string =>
  pbkdf2Sync(Buffer.from(password ?? "", "utf8"), Buffer.from(salt, "binary"), iterations, length, digest?.algorithm ?? "sha1").toString(
    "binary",
  );

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
const DIGESTS: Record<string, "sha1" | "sha256" | "sha384" | "sha512"> = {
  "1.3.14.3.2.26": "sha1",
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};
const MAC_KEY = 3;
const MAX_BAGS = 200;
const MAX_NESTED_SAFES = 8;

interface Opening {
  password: string | undefined;
  budget: IterationBudget;
  found: OpenedContainer;
}

/**
 * Decrypts a container.
 * @throws ExchangeError PFX_PASSWORD_WRONG, PFX_UNREADABLE, PFX_TOO_EXPENSIVE
 */
export function openContainer(der: Uint8Array, password: string): OpenedContainer {
  const outline = readOutline(der);
  const budget = new IterationBudget();
  budget.spend(outline.mac.iterations);
  const opening: Opening = {
    password: acceptedPassword(outline, password),
    budget,
    found: { certificates: [], keys: [] },
  };
  try {
    for (const content of readDer(outline.safe).children) readContent(content, opening);
  } catch (error) {
    if (error instanceof ExchangeError) throw error;
    const why = error instanceof DerError ? error.message : "it uses an algorithm that is not supported, or is damaged";
    throw pfxUnreadable(why);
  }
  return opening.found;
}

/** The empty password has two encodings, with a terminator and without any byte; files of both kinds exist. */
function acceptedPassword({ safe, mac }: ReturnType<typeof readOutline>, password: string): string | undefined {
  const digest = DIGESTS[mac.digest];
  if (!digest) throw pfxUnreadable("its integrity check uses an algorithm that is not supported");
  if (mac.iterations < 1 || mac.salt.length === 0) throw pfxUnreadable("its integrity check is damaged");
  for (const candidate of password === "" ? ["", undefined] : [password]) {
    const expected = macOf(safe, candidate, digest, mac.salt, mac.iterations);
    if (expected.length === mac.value.length && timingSafeEqual(expected, mac.value)) return candidate;
  }
  throw new ExchangeError("PFX_PASSWORD_WRONG", "The password does not open the PFX.");
}

export function macOf(
  safe: Buffer,
  password: string | undefined,
  digest: "sha1" | "sha256" | "sha384" | "sha512",
  salt: Buffer,
  iterations: number,
): Buffer {
  const md = forge.md[digest].create();
  const saltBuffer = forge.util.createBuffer(salt.toString("binary"));
  const key = pbe.generatePkcs12Key(password, saltBuffer, MAC_KEY, iterations, md.digestLength, md);
  return createHmac(digest, Buffer.from(key.getBytes(), "binary")).update(safe).digest();
}

function readContent(content: DerElement, opening: Opening): void {
  const type = oidText(child(content, 0));
  const value = child(child(content, 1), 0);
  if (type === OID.data) return readBags(octets(value), opening, 0);
  if (type !== OID.encryptedData) throw new DerError("a part of it is protected by a key instead of a password");
  const info = child(value, 1, TAG.SEQUENCE);
  readBags(decrypt(child(info, 1, TAG.SEQUENCE), octets(child(info, 2)), opening), opening, 0);
}

function readBags(safeContents: Buffer, opening: Opening, depth: number): void {
  if (depth > MAX_NESTED_SAFES) throw new DerError("it is nested too deeply");
  for (const bag of readDer(safeContents).children) readBag(bag, opening, depth);
}

function readBag(bag: DerElement, opening: Opening, depth: number): void {
  const type = oidText(child(bag, 0));
  const value = child(child(bag, 1), 0);
  const { certificates, keys } = opening.found;
  if (certificates.length + keys.length >= MAX_BAGS) throw new DerError("it holds too many objects");
  if (type === OID.safeContentsBag) return readBags(value.bytes, opening, depth + 1);
  const attributes = readAttributes(bag.children[2]);
  if (type === OID.keyBag) keys.push({ der: value.bytes, ...attributes });
  if (type === OID.shroudedKeyBag) {
    const der = decrypt(child(value, 0, TAG.SEQUENCE), octets(child(value, 1)), opening);
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

function decrypt(algorithm: DerElement, data: Buffer, opening: Opening): Buffer {
  const cost = costOf(algorithm);
  if (cost < 1) throw new DerError("a part of it has no usable key derivation");
  opening.budget.spend(cost);
  const parameters = forge.asn1.fromDer(child(algorithm, 1).bytes.toString("binary"));
  const cipher = pbe.getCipher(oidText(child(algorithm, 0)), parameters, opening.password);
  cipher.update(forge.util.createBuffer(data.toString("binary")));
  if (!cipher.finish()) throw new DerError("a part of it cannot be decrypted");
  return Buffer.from(cipher.output.getBytes(), "binary");
}
