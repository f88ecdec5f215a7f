/** Figures that a test prints and holds, and states in a form that two of them can be compared in. */
import assert from "node:assert/strict";
import { nameOf, type TestStack } from "./stack";

/** Prints a figure and fails when it is not as it has to be. */
export function figure(name: string, value: unknown, expected: unknown): void {
  console.log(`      figure: ${name}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`);
  assert.deepEqual(value, expected, name);
}

/**
 * The stack's resources by name, with id, inputs and outputs: without the provider's text, ciphertext (it changes with every
 * writing) and the time of the last synchronisation, which moves by itself.
 */
export function stateOf(stack: TestStack): Record<string, unknown> {
  const hidden = new Set(["__provider", "ciphertext", "lastSynchronized"]);
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value ?? null, (key, inner: unknown) => (hidden.has(key) ? undefined : inner)));
  return Object.fromEntries(stack.resources().map((one) => [nameOf(one), plain([one.id, one.inputs, one.outputs])]));
}

/** A server's state without what moves by itself: clock, events, files, queues. */
export function settled<T extends object>(server: T): Partial<T> {
  const { utc: _utc, events: _events, files: _files, monitors: _monitors, ...rest } = server as Record<string, unknown>;
  return structuredClone(rest) as Partial<T>;
}
