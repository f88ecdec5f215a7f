/**
 * PKCS#12 with Node's own crypto, on the main thread: what Windows, OpenSSL and this package write (3DES, AES; RC2 of 40 bits, which OpenSSL has
 * no more, is node-forge's). A worker thread with all of node-forge takes several times as long to start as such a file to open. Key derivation
 * is done in slices, or in Node's own threads, so that the event loop goes on.
 */
import { createDecipheriv, createHmac, createPrivateKey, hash, pbkdf2, timingSafeEqual } from "node:crypto";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import type forge from "node-forge";
import { ExchangeError } from "../base/errors";
import { child, integerValue, octets, oidText, TAG, type DerElement } from "./der";
import { DIGESTS, readSafe, type OpenedContainer, type Sealed } from "./pfx-bags";
import { costOf, IterationBudget, type Mac, type PfxOutline } from "./pfx-limits";

/** RFC 7292, appendix B.3: what is derived. */
const PURPOSE = { key: 1, iv: 2, mac: 3 } as const;
/** RFC 7292's derivation is done here, one hash after the other: more of them in all are the thread's. */
const MOST_HASHES = 30_000;
const SLICE = 1_000;

const PBE_3DES = "1.2.840.113549.1.12.1.3";
const PBE_RC2_40 = "1.2.840.113549.1.12.1.6";
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const PRF: Record<string, string> = {
  "1.2.840.113549.2.7": "sha1",
  "1.2.840.113549.2.8": "sha224",
  "1.2.840.113549.2.9": "sha256",
  "1.2.840.113549.2.10": "sha384",
  "1.2.840.113549.2.11": "sha512",
  "1.2.840.113549.2.12": "sha512-224",
  "1.2.840.113549.2.13": "sha512-256",
};
const CIPHERS: Record<string, { name: string; keyLength: number }> = {
  "2.16.840.1.101.3.4.1.2": { name: "aes-128-cbc", keyLength: 16 },
  "2.16.840.1.101.3.4.1.22": { name: "aes-192-cbc", keyLength: 24 },
  "2.16.840.1.101.3.4.1.42": { name: "aes-256-cbc", keyLength: 32 },
  "1.2.840.113549.3.7": { name: "des-ede3-cbc", keyLength: 24 },
};
/** Both ciphers of RFC 7292 that are met with: length of the key, and of a block. */
const KEY_BYTES: Record<string, number> = { [PBE_3DES]: 24, [PBE_RC2_40]: 5 };
const BLOCK_BYTES = 8;

interface Opening {
  /** The accepted password, as RFC 7292 and as PBKDF2 want it. */
  wide: Buffer;
  text: string;
  budget: IterationBudget;
  hashes: number;
}

/**
 * What is in the container; null where it needs the thread: another cipher, dear, or damaged, so that one place says what is wrong with it.
 * @throws ExchangeError PFX_PASSWORD_WRONG, PFX_TOO_EXPENSIVE
 */
export async function openNatively(outline: PfxOutline, password: string): Promise<OpenedContainer | null> {
  try {
    const opening: Opening = { wide: Buffer.alloc(0), text: password, budget: new IterationBudget(), hashes: 0 };
    if (!(await accept(outline, opening))) return null;
    const reading = readSafe(outline.safe);
    let at = reading.next();
    while (!at.done) at = reading.next(await decrypt(at.value, opening));
    return at.value;
  } catch (error) {
    if (error instanceof ExchangeError) throw error;
    return null;
  }
}

/** Checks the integrity check; the empty password has two encodings. False where it is none that is known here. */
async function accept({ safe, mac }: PfxOutline, opening: Opening): Promise<boolean> {
  if (mac.prf !== undefined) return acceptPbmac1(safe, mac, opening);
  const digest = DIGESTS[mac.digest];
  if (!digest || mac.iterations < 1 || mac.salt.length === 0) return false;
  opening.budget.spend(mac.iterations);
  const wide = Buffer.from(`${opening.text}\0`, "utf16le").swap16();
  for (const candidate of opening.text === "" ? [wide, Buffer.alloc(0)] : [wide]) {
    const { salt, iterations } = mac;
    const length = hash(digest, "", "buffer").length;
    const key = await derive({ password: candidate, salt, iterations, purpose: PURPOSE.mac, length, digest }, opening);
    const expected = createHmac(digest, key).update(safe).digest();
    opening.wide = candidate;
    if (expected.length === mac.value.length && timingSafeEqual(expected, mac.value)) return true;
  }
  throw new ExchangeError("PFX_PASSWORD_WRONG", "The password does not open the PFX.");
}

/** RFC 9579: HMAC under a key of PBKDF2, for which the password is UTF-8. */
async function acceptPbmac1(
  safe: Buffer,
  { digest, prf = "", salt, iterations, keyLength = 0, value }: Mac,
  opening: Opening,
): Promise<boolean> {
  const [hmac, by] = [PRF[digest], PRF[prf]];
  if (!hmac || !by || iterations < 1 || keyLength < 20 || keyLength > 64) return false;
  opening.budget.spend(iterations);
  opening.wide = Buffer.from(`${opening.text}\0`, "utf16le").swap16();
  const key = await promisify(pbkdf2)(opening.text, salt, iterations, keyLength, by);
  const expected = createHmac(hmac, key).update(safe).digest();
  if (expected.length === value.length && timingSafeEqual(expected, value)) return true;
  throw new ExchangeError("PFX_PASSWORD_WRONG", "The password does not open the PFX.");
}

class Elsewhere extends Error {}

/** So many iterations Node's reader of encrypted keys does in a few milliseconds, in which the event loop stands. */
const MOST_AT_ONCE = 10_000;

async function decrypt({ algorithm, data, encryptedKey }: Sealed, opening: Opening): Promise<Buffer> {
  const cost = costOf(algorithm);
  if (cost < 1) throw new Elsewhere();
  opening.budget.spend(cost);
  const opened = encryptedKey && cost <= MOST_AT_ONCE ? keyOf(encryptedKey, opening) : null;
  if (opened) return opened;
  const scheme = oidText(child(algorithm, 0));
  const parameters = child(algorithm, 1, TAG.SEQUENCE);
  if (scheme === PBES2) return pbes2(parameters, data, opening);
  const length = KEY_BYTES[scheme];
  if (!length) throw new Elsewhere();
  const [salt, iterations] = [octets(child(parameters, 0)), integerValue(child(parameters, 1))];
  const common = { password: opening.wide, salt, iterations, digest: "sha1" };
  const key = await derive({ ...common, purpose: PURPOSE.key, length }, opening);
  const iv = await derive({ ...common, purpose: PURPOSE.iv, length: BLOCK_BYTES }, opening);
  return scheme === PBE_3DES ? decipher("des-ede3-cbc", key, iv, data) : decipherRc2(key, iv, data);
}

function decipher(name: string, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const cipher = createDecipheriv(name, key, iv);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

/** The key as PKCS#8, by one call; null where Node cannot say it: another cipher, the empty password, which has two encodings, a damaged key. */
function keyOf(encrypted: Buffer, { text: passphrase }: Opening): Buffer | null {
  if (passphrase === "") return null;
  try {
    return createPrivateKey({ key: encrypted, format: "der", type: "pkcs8", passphrase }).export({ format: "der", type: "pkcs8" });
  } catch {
    return null;
  }
}

/** Two files of node-forge, loaded where they are needed; its type package declares the whole alone. */
const load = createRequire(__filename);
interface Rc2 {
  createDecryptionCipher(key: string, bits: number): forge.cipher.BlockCipher & { start(iv: string): void };
}

function decipherRc2(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const { createDecryptionCipher } = load("node-forge/lib/rc2") as Rc2;
  const { createBuffer } = load("node-forge/lib/util") as typeof forge.util;
  const cipher = createDecryptionCipher(key.toString("binary"), key.length * 8);
  cipher.start(iv.toString("binary"));
  cipher.update(createBuffer(data.toString("binary")));
  if (!cipher.finish()) throw new Elsewhere();
  return Buffer.from(cipher.output.getBytes(), "binary");
}

/** RFC 8018, PBES2 with PBKDF2. */
async function pbes2(parameters: DerElement, data: Buffer, { text }: Opening): Promise<Buffer> {
  const [derivation, encryption] = [child(parameters, 0, TAG.SEQUENCE), child(parameters, 1, TAG.SEQUENCE)];
  const cipher = CIPHERS[oidText(child(encryption, 0))];
  if (!cipher || oidText(child(derivation, 0)) !== PBKDF2) throw new Elsewhere();
  const [salt, iterations, ...rest] = child(derivation, 1, TAG.SEQUENCE).children;
  const given = rest.find(({ tag }) => tag !== TAG.SEQUENCE);
  const prf = rest.find(({ tag }) => tag === TAG.SEQUENCE);
  const digest = prf ? PRF[oidText(child(prf, 0))] : "sha1";
  if (!digest || (given && integerValue(given) !== cipher.keyLength)) throw new Elsewhere();
  const key = await promisify(pbkdf2)(text, octets(salt), integerValue(iterations), cipher.keyLength, digest);
  return decipher(cipher.name, key, octets(child(encryption, 1)), data);
}

interface Derivation {
  password: Buffer;
  salt: Buffer;
  iterations: number;
  purpose: number;
  length: number;
  digest: string;
}

/** RFC 7292, appendix B.2. */
async function derive({ password, salt, iterations, purpose, length, digest }: Derivation, opening: Opening): Promise<Buffer> {
  const block = /sha(384|512)/.test(digest) ? 128 : 64;
  const marked = Buffer.alloc(block, purpose);
  const input = Buffer.concat([filled(salt, block), filled(password, block)]);
  const blocks: Buffer[] = [];
  for (let made = 0; made < length; made += blocks.at(-1)!.length) {
    opening.hashes += iterations;
    if (opening.hashes > MOST_HASHES) throw new Elsewhere();
    const value = hash(digest, Buffer.concat([marked, input]), "buffer");
    for (let round = 1; round < iterations; round++) {
      if (round % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
      // Back into the same bytes, by text: an object or a new buffer for each of thousands of hashes costs three times as much.
      value.write(hash(digest, value, "binary"), "binary");
    }
    blocks.push(value);
    addToEach(input, repeated(value, block), block);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** Repeated up to whole blocks; nothing stays nothing. */
const filled = (bytes: Buffer, block: number): Buffer => repeated(bytes, Math.ceil(bytes.length / block) * block);
const repeated = (bytes: Buffer, length: number): Buffer => (length === 0 ? Buffer.alloc(0) : Buffer.alloc(length, bytes));

/** Adds `value` and one to each block of `input`, as numbers. */
function addToEach(input: Buffer, value: Buffer, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1;
    for (let at = block - 1; at >= 0; at--) {
      carry += input[start + at] + value[at];
      input[start + at] = carry & 0xff;
      carry >>= 8;
    }
  }
}
