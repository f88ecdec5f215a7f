/**
 * RSA keys made before: making one takes as long as a short rotation. Importing this module gives them to the lab of this process.
 * They are public and protect nothing; the provider knows nothing of them.
 */
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { type KeyPair, type KeyUse, setKeySource } from "../../lab/model/authority";

/** Two primes a line, base64url; keys of 2048 bits with the exponent 65537. */
const FILE = path.join(__dirname, "..", "..", "..", "tests", "support", "keys", "rsa-2048.txt");
const EXPONENT = 65_537n;
/** Keys of a scenario, of what servers make, and of tests: no lab has so many of a kind that two of them would meet. */
const SHARES: { [use in KeyUse | "test"]: [first: number, count: number] } = { scenario: [0, 56], server: [56, 40], test: [96, 4] };

let lines: string[] | undefined;
const made = new Map<number, KeyPair>();
const taken = new Map<string, number>();

/** The next key of its share; they come round again. */
export function readyKey(use: KeyUse | "test"): KeyPair {
  const [first, count] = SHARES[use];
  const turn = taken.get(use) ?? 0;
  taken.set(use, turn + 1);
  return keyAt(first + (turn % count));
}

function keyAt(index: number): KeyPair {
  const known = made.get(index);
  if (known) return known;
  lines ??= readFileSync(FILE, "utf8").trim().split("\n");
  const [p, q] = lines[index].split(" ").map(toNumber);
  const key = keyOf(p, q);
  made.set(index, key);
  return key;
}

function keyOf(p: bigint, q: bigint): KeyPair {
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const parts = { n: p * q, e: EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const encoded = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, toText(value)]));
  const privateKey = createPrivateKey({ format: "jwk", key: { kty: "RSA", ...encoded } });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** The number that makes 1 with `value`, modulo `modulus`. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [r, nextR, s, nextS] = [value % modulus, modulus, 1n, 0n];
  while (nextR !== 0n) {
    const times = r / nextR;
    [r, nextR, s, nextS] = [nextR, r - times * nextR, nextS, s - times * nextS];
  }
  return ((s % modulus) + modulus) % modulus;
}

const toNumber = (text: string): bigint => BigInt(`0x${Buffer.from(text, "base64url").toString("hex")}`);

function toText(value: bigint): string {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex").toString("base64url");
}

setKeySource((bits, use) => (bits === 2048 ? readyKey(use) : undefined));
