/**
 * ssh2 makes a cipher for every packet, and Node spends most of that time on asking what kind of key a Buffer is. Here each Buffer's
 * key is made once. Only the processes that run tests do so; every byte on the wire is the same.
 */
import crypto, { createSecretKey, type KeyObject } from "node:crypto";

type Maker = (algorithm: string, key: unknown, ...rest: unknown[]) => unknown;
const known = new WeakMap<Buffer, { copy: Buffer; key: KeyObject }>();

/** The key of a Buffer, made once as long as its bytes stay the same. */
export function keyOf(bytes: unknown): unknown {
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return bytes;
  const last = known.get(bytes);
  if (last?.copy.equals(bytes)) return last.key;
  const key = createSecretKey(bytes);
  known.set(bytes, { copy: Buffer.from(bytes), key });
  return key;
}

/** Has to come before ssh2 is loaded: it takes the functions then. */
export function installCipherKeys(): void {
  const functions = crypto as unknown as { [name: string]: Maker };
  for (const name of ["createCipheriv", "createDecipheriv", "createHmac"]) {
    const real = functions[name];
    functions[name] = (algorithm, key, ...rest) => real(algorithm, keyOf(key), ...rest);
  }
}
