/** Settings of an object that a resource owns in part: only what the arguments say is compared, set, read and restored. */
import { canonical, same, type Json, type JsonObject } from "../base/json";
import { sameTlsCertificateName } from "../pki";
import type { Value } from "../remote/protocol";

/** Argument → Exchange's property. What an argument does not name is never touched. */
export type Owned = { readonly [argument: string]: string };
export type Bag = { [property: string]: Json };

/** Owned properties that differ from what is declared. */
export function changesOf(owned: Owned, inputs: object, bag: Bag): { [property: string]: Value } {
  const changes: { [property: string]: Value } = {};
  for (const [argument, property] of Object.entries(owned)) {
    const wanted = (inputs as JsonObject)[argument];
    if (wanted === undefined || wanted === null) continue;
    if (!equalSetting(argument, bag[property] ?? null, wanted)) changes[property] = wanted;
  }
  return changes;
}

/** Equality as Exchange sees it: a TlsCertificateName by its parts, a list without order. */
export function equalSetting(argument: string, seen: Json, wanted: Json): boolean {
  if (argument === "tlsCertificateName" && typeof seen === "string" && typeof wanted === "string")
    return sameTlsCertificateName(seen, wanted);
  if (Array.isArray(wanted)) return same(sorted(asList(seen)), sorted(wanted));
  return same(seen, wanted);
}
/** Lists have no order in Exchange. */
function sorted(values: Json[]): string[] {
  return values.map(canonical).sort((a, b) => a.localeCompare(b));
}
function asList(value: Json): Json[] {
  return Array.isArray(value) ? value : value === null || value === "" ? [] : [value];
}

/** All owned properties as Exchange shows them: `previous` of the first claim. */
export function ownedValues(owned: Owned, bag: Bag): Bag {
  return Object.fromEntries(Object.values(owned).map((property) => [property, bag[property] ?? null]));
}

/** Declared arguments with the object's real values. */
export function observedSettings(owned: Owned, inputs: object, bag: Bag): JsonObject {
  const given = Object.entries(owned).filter(([argument]) => (inputs as JsonObject)[argument] !== undefined);
  return Object.fromEntries(given.map(([argument, property]) => [argument, bag[property] ?? null]));
}
