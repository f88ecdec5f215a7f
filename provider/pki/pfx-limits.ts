/**
 * What a PFX may cost, judged from its bytes before anything is derived.
 *
 * A file of 80 bytes can ask for a quarter of an hour of key derivation. The limits follow .NET's loader.
 */
import { ExchangeError } from "../base/errors";
import { child, DerBudget, derBudget, DerElement, DerError, integerValue, MAX_DEPTH, octets, oidText, readDer, TAG } from "./der";

export const MAX_PFX_BYTES = 1024 * 1024;
export const MAX_ITERATIONS = 1_000_000;

const DATA = "1.2.840.113549.1.7.1";
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";
const PBMAC1 = "1.2.840.113549.1.5.14";
const HMAC_SHA1 = "1.2.840.113549.2.7";
const PASSWORD_BASED = /^1\.2\.840\.113549\.1\.(12\.1\.\d+|5\.(1|3|4|6|10|11))$/;

/** The parts of a PFX that do not need the password. */
export interface PfxOutline {
  /** Content of the authenticated safe: what the MAC covers. */
  safe: Buffer;
  mac: Mac;
}

/** Its integrity check. `digest` is that of RFC 7292; with `prf` it is PBMAC1 (RFC 9579), and both are HMACs. */
export interface Mac {
  digest: string;
  value: Buffer;
  salt: Buffer;
  iterations: number;
  prf?: string;
  keyLength?: number;
}

export function pfxUnreadable(why: string, { cause, hint = HINTS[why] }: { cause?: unknown; hint?: string } = {}): ExchangeError {
  return new ExchangeError("PFX_UNREADABLE", `The PFX cannot be read: ${why}.`, { cause, hint });
}

const NO_MAC = "it has no integrity check (MAC)";
export const OTHER_MAC = "its integrity check uses an algorithm that is not supported";
const NO_CERTIFICATE = "it holds no certificate";
/** Where another cipher would not help. */
const HINTS: { [why: string]: string } = {
  [NO_MAC]: "Make it again with one: `openssl pkcs12 -export` without -nomac.",
  [OTHER_MAC]: "Make it again with SHA-256: `openssl pkcs12 -export -macalg sha256`.",
  [NO_CERTIFICATE]: "Export the key together with its certificate.",
};

/** Counts iterations of one container; throws once they exceed what is allowed. */
export class IterationBudget {
  private spent = 0;

  spend(iterations: number): void {
    this.spent += iterations;
    if (this.spent > MAX_ITERATIONS) {
      throw new ExchangeError("PFX_TOO_EXPENSIVE", `The PFX asks for more than ${MAX_ITERATIONS} iterations of key derivation.`);
    }
  }
}

/**
 * Reads the outline of a PFX and checks its size, its depth and its iteration counts. Takes at most a few milliseconds.
 * @throws ExchangeError PFX_UNREADABLE, PFX_TOO_EXPENSIVE
 */
export function readOutline(der: Uint8Array): PfxOutline {
  if (der.byteLength > MAX_PFX_BYTES) throw pfxUnreadable("it is larger than 1 MB");
  try {
    const walk = derBudget();
    const pfx = readDer(der, walk);
    const outline = outlineOf(pfx);
    const budget = new IterationBudget();
    budget.spend(outline.mac.iterations);
    countIterations(readDer(outline.safe, walk), { walk, budget, depth: MAX_DEPTH });
    return outline;
  } catch (error) {
    if (error instanceof DerError) throw pfxUnreadable(error.message);
    throw error;
  }
}

function outlineOf(pfx: DerElement): PfxOutline {
  if (pfx.tag !== TAG.SEQUENCE || integerValue(child(pfx, 0)) !== 3) throw new DerError("it is not PKCS#12");
  const content = child(pfx, 1, TAG.SEQUENCE);
  if (oidText(child(content, 0)) !== DATA) throw new DerError("it is protected by a signature instead of a password");
  const safe = octets(child(child(content, 1), 0));
  const mac = pfx.children[2];
  if (!mac) throw new DerError(NO_MAC);
  const info = child(mac, 0, TAG.SEQUENCE);
  const digest = oidText(child(child(info, 0), 0));
  const value = octets(child(info, 1));
  if (digest === PBMAC1) return { safe, mac: { value, ...pbmac1(child(child(info, 0), 1, TAG.SEQUENCE)) } };
  const iterations = mac.children[2] ? integerValue(mac.children[2]) : 1;
  return { safe, mac: { digest, value, salt: octets(child(mac, 1)), iterations } };
}

/** RFC 8018, A.5; RFC 9579 requires the key's length. Salt and iterations of RFC 7292 do not count. */
function pbmac1(parameters: DerElement): Omit<Mac, "value"> {
  const [derivation, scheme] = [child(parameters, 0, TAG.SEQUENCE), child(parameters, 1, TAG.SEQUENCE)];
  if (oidText(child(derivation, 0)) !== PBKDF2) throw new DerError(OTHER_MAC);
  const [salt, iterations, keyLength, prf] = child(derivation, 1, TAG.SEQUENCE).children;
  if (!keyLength || keyLength.tag !== TAG.INTEGER) throw new DerError(OTHER_MAC);
  return {
    digest: oidText(child(scheme, 0)),
    salt: octets(salt),
    iterations: integerValue(iterations),
    keyLength: integerValue(keyLength),
    prf: prf ? oidText(child(prf, 0)) : HMAC_SHA1,
  };
}

interface Counting {
  walk: DerBudget;
  budget: IterationBudget;
  /** Levels left, those inside OCTET STRINGs included. */
  depth: number;
}

/** Adds up every password-based algorithm that can be seen without the password. */
function countIterations(element: DerElement, counting: Counting): void {
  const { walk, budget, depth } = counting;
  if (depth <= 0) throw new DerError("it is nested too deeply");
  const deeper = { walk, budget, depth: depth - 1 };
  const [first, second] = element.children;
  if (first?.tag === TAG.OID && second) {
    const inner = second.children[0];
    if (oidText(first) === DATA && inner && (inner.tag & 0x1f) === TAG.OCTET_STRING) {
      return countIterations(readDer(octets(inner), walk, depth), deeper);
    }
    budget.spend(iterationsOf(element));
  }
  for (const inner of element.children) countIterations(inner, deeper);
}

/**
 * The iteration count that an AlgorithmIdentifier asks for; 0 for anything that is not password-based.
 * PBES2 is counted by the PBKDF2 inside it.
 */
export function iterationsOf(algorithm: DerElement): number {
  const oid = oidText(child(algorithm, 0));
  const parameters = algorithm.children[1];
  if (oid === PBES2) return 0;
  if (oid !== PBKDF2 && !PASSWORD_BASED.test(oid)) return 0;
  return parameters ? integerValue(child(parameters, 1)) : 0;
}

/** As `iterationsOf`, also looking inside PBES2. */
export function costOf(algorithm: DerElement): number {
  if (oidText(child(algorithm, 0)) !== PBES2) return iterationsOf(algorithm);
  return iterationsOf(child(child(algorithm, 1), 0));
}
