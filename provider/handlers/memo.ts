/**
 * On a replacement the engine calls `check` again with empty olds (pulumi.md 0.1). The words found with the real olds are kept
 * here for that second call: keyed by the inputs without what is derived.
 */
import { canonical, type JsonObject } from "../base/json";

const kept = new Map<string, JsonObject>();

function keyOf(kind: string, inputs: JsonObject, derived: readonly string[]): string {
  const own = Object.entries(inputs).filter(([name]) => !derived.includes(name) && !name.startsWith("__"));
  return `${kind}|${canonical(Object.fromEntries(own))}`;
}
export function keepWords(kind: string, inputs: JsonObject, derived: readonly string[], words: JsonObject): void {
  kept.set(keyOf(kind, inputs, derived), words);
}
export function keptWords(kind: string, inputs: JsonObject, derived: readonly string[]): JsonObject | undefined {
  return kept.get(keyOf(kind, inputs, derived));
}
