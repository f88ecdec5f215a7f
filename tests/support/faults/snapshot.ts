/**
 * Takes down all that a world holds, and puts it back later. Every object stays the one it is, so that whatever refers to it
 * (a clock's task, a listener) goes on with it: a world can go on from one moment more than once.
 */
import { types } from "node:util";

type Container = object;
/** An object's own values, in order: what an array or a set holds; keys and values of the rest. */
type Contents = readonly unknown[];
export type Snapshot = readonly (readonly [object: Container, contents: Contents])[];

/** Contents as they were last taken down: what has not changed since is kept once. */
const latest = new WeakMap<Container, Contents>();

/** Everything that can be reached from `root`; what `isLeaf` names and what cannot change (bytes, dates, keys, functions) is left alone. */
export function takeDown(root: object, isLeaf: (object: object) => boolean): Snapshot {
  const found: [Container, Contents][] = [];
  const seen = new Set<unknown>();
  const waiting: object[] = [root];
  for (let object = waiting.pop(); object; object = waiting.pop()) {
    if (seen.has(object)) continue;
    seen.add(object);
    if (isLeaf(object)) continue;
    const contents = contentsOf(object);
    found.push([object, remembered(object, contents)]);
    for (const inner of contents) if (isContainer(inner)) waiting.push(inner);
  }
  return found;
}

export function putBack(snapshot: Snapshot): void {
  for (const [object, contents] of snapshot) fill(object, contents);
}

function isContainer(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) return true;
  if (ArrayBuffer.isView(value) || types.isDate(value) || types.isPromise(value) || types.isRegExp(value)) return false;
  // Node's own objects (timers, keys, X.509 certificates) and certificates that were read: nobody changes them.
  return !FOREIGN.has(value.constructor?.name) && !("der" in value && "thumbprint" in value);
}
const FOREIGN = new Set(["Timeout", "Immediate", "PrivateKeyObject", "PublicKeyObject", "X509Certificate", "WeakMap", "Duplex", "Socket"]);

function contentsOf(object: object): Contents {
  if (Array.isArray(object)) return [...(object as unknown[])];
  if (object instanceof Set) return [...(object as Set<unknown>)];
  const entries = object instanceof Map ? [...(object as Map<unknown, unknown>)] : Object.entries(object);
  return entries.flat(1);
}

function remembered(object: object, contents: Contents): Contents {
  const last = latest.get(object);
  if (last?.length === contents.length && last.every((one, index) => Object.is(one, contents[index]))) return last;
  latest.set(object, contents);
  return contents;
}

function fill(object: object, contents: Contents): void {
  const now = contentsOf(object);
  if (now.length === contents.length && now.every((one, index) => Object.is(one, contents[index]))) return;
  if (Array.isArray(object)) object.splice(0, object.length, ...contents);
  else if (object instanceof Set) {
    object.clear();
    for (const one of contents) object.add(one);
  } else if (object instanceof Map) {
    object.clear();
    for (let index = 0; index < contents.length; index += 2) object.set(contents[index], contents[index + 1]);
  } else fillPlain(object as { [key: string]: unknown }, contents);
}

/** With its keys in the order that they had. */
function fillPlain(object: { [key: string]: unknown }, contents: Contents): void {
  const keys = contents.filter((_, index) => index % 2 === 0) as string[];
  const now = Object.keys(object);
  if (now.length !== keys.length || now.some((key, index) => key !== keys[index])) for (const key of now) delete object[key];
  for (const [index, key] of keys.entries()) object[key] = contents[2 * index + 1];
}
