/**
 * The PKCS#12 container with every cipher that node-forge has, old ones included. Runs in a worker thread only: key derivation would block
 * the event loop. What Node's crypto can open by itself is opened without it (pfx-native.ts).
 */
import { createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import forge from "node-forge";
import { ExchangeError } from "../base/errors";
import { child, DerError, oidText } from "./der";
import { DIGESTS, readSafe, type OpenedContainer, type Sealed } from "./pfx-bags";
import { costOf, IterationBudget, OTHER_MAC, pfxUnreadable, readOutline } from "./pfx-limits";

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

const MAC_KEY = 3;

/**
 * Decrypts a container.
 * @throws ExchangeError PFX_PASSWORD_WRONG, PFX_UNREADABLE, PFX_TOO_EXPENSIVE
 */
export function openContainer(der: Uint8Array, password: string): OpenedContainer {
  const outline = readOutline(der);
  const budget = new IterationBudget();
  budget.spend(outline.mac.iterations);
  const accepted = acceptedPassword(outline, password);
  const reading = readSafe(outline.safe);
  try {
    let at = reading.next();
    while (!at.done) at = reading.next(decrypt(at.value, accepted, budget));
    return at.value;
  } catch (error) {
    if (error instanceof ExchangeError) throw error;
    const why = error instanceof DerError ? error.message : "it uses an algorithm that is not supported, or is damaged";
    throw pfxUnreadable(why);
  }
}

/** The empty password has two encodings, with a terminator and without any byte; files of both kinds exist. */
function acceptedPassword({ safe, mac }: ReturnType<typeof readOutline>, password: string): string | undefined {
  const digest = DIGESTS[mac.digest];
  if (!digest) throw pfxUnreadable(OTHER_MAC);
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

function decrypt({ algorithm, data }: Sealed, password: string | undefined, budget: IterationBudget): Buffer {
  const cost = costOf(algorithm);
  if (cost < 1) throw new DerError("a part of it has no usable key derivation");
  budget.spend(cost);
  const parameters = forge.asn1.fromDer(child(algorithm, 1).bytes.toString("binary"));
  const cipher = pbe.getCipher(oidText(child(algorithm, 0)), parameters, password);
  cipher.update(forge.util.createBuffer(data.toString("binary")));
  if (!cipher.finish()) throw new DerError("a part of it cannot be decrypted");
  return Buffer.from(cipher.output.getBytes(), "binary");
}
