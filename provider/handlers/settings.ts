/** Settings of an object that a resource owns in part: only what the arguments say is compared, set, read and restored. */
import { canonical, hasUnknown, same, type Json, type JsonObject } from "../base/json";
import { sameTlsCertificateName } from "../pki";
import type { Value } from "../remote/protocol";

export type Bag = { [property: string]: Json };

/** A property that an argument owns in part, or writes in another form. */
export interface PartlyOwned {
  property: string;
  /** Whether the argument, as it was read, is what is wanted. */
  equal(seen: Json, wanted: Json): boolean;
  /** The argument's form of what the object shows, as far as `wanted` owns it. */
  read(bag: Bag, wanted: Json): Json;
  /** The property's new value. */
  write(bag: Bag, wanted: Json): Value;
  /** The property's value that brings back what was there before, and leaves the rest as it is now. */
  restore(bag: Bag, wanted: Json, previous: Json): Value;
}
/** Argument → Exchange's property. What an argument does not name is never touched. */
export type Owned = { readonly [argument: string]: string | PartlyOwned };

const propertyOf = (one: string | PartlyOwned): string => (typeof one === "string" ? one : one.property);

/** The value of an argument as the object shows it. */
function seenAs(one: string | PartlyOwned, bag: Bag, wanted: Json): Json {
  return typeof one === "string" ? (bag[one] ?? null) : one.read(bag, wanted);
}

/** Owned properties that differ from what is declared. */
export function changesOf(owned: Owned, inputs: object, bag: Bag): { [property: string]: Value } {
  const changes: { [property: string]: Value } = {};
  for (const [argument, one] of Object.entries(owned)) {
    const wanted = (inputs as JsonObject)[argument];
    if (wanted === undefined || wanted === null || equalSetting(owned, argument, seenAs(one, bag, wanted), wanted)) continue;
    changes[propertyOf(one)] = typeof one === "string" ? wanted : one.write(bag, wanted);
  }
  return changes;
}

/**
 * `fqdn a → b, requireTls true → false`: what a declaration changes. With both values two changes in a row have different words, by
 * which `diff` tells a changed declaration from drift.
 */
export function changeWords(names: readonly string[], olds: JsonObject, news: JsonObject): string {
  const shown = (value: Json | undefined): string =>
    value === undefined || value === null
      ? "undeclared"
      : hasUnknown(value)
        ? "known later"
        : typeof value === "string"
          ? value
          : canonical(value);
  return names.map((name) => `${name} ${shown(olds[name])} → ${shown(news[name])}`).join(", ");
}

/** Declared arguments that `olds`, which has the object's real values, shows otherwise. What is not declared is not ours. */
export function differing(owned: Owned, olds: JsonObject, news: JsonObject): string[] {
  return Object.keys(owned).filter((name) => {
    const wanted = news[name];
    if (wanted === undefined || wanted === null) return false;
    return hasUnknown(wanted) || !equalSetting(owned, name, olds[name] ?? null, wanted);
  });
}

/** Equality as Exchange sees it: a TlsCertificateName by its parts, a list without order. */
export function equalSetting(owned: Owned, argument: string, seen: Json, wanted: Json): boolean {
  const one = owned[argument];
  if (one !== undefined && typeof one !== "string") return one.equal(seen, wanted);
  if (argument === "tlsCertificateName" && typeof seen === "string" && typeof wanted === "string")
    return sameTlsCertificateName(seen, wanted);
  if (Array.isArray(wanted)) return same(sorted(asList(seen)), sorted(wanted));
  return same(seen, wanted);
}
/** Lists have no order in Exchange. */
function sorted(values: Json[]): string[] {
  return values.map(canonical).sort((a, b) => a.localeCompare(b));
}
/** A multi-valued property as a list. */
export function asList(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : value === undefined || value === null || value === "" ? [] : [value];
}

/** All owned properties as Exchange shows them: `previous` of the first claim. */
export function ownedValues(owned: Owned, bag: Bag): Bag {
  return Object.fromEntries(Object.values(owned).map((one) => [propertyOf(one), bag[propertyOf(one)] ?? null]));
}

/** `previous` of a claim under the arguments' names: the output of that name. */
export function previousSettings(owned: Owned, inputs: object, previous: Json | undefined): JsonObject | null {
  return previous ? observedSettings(owned, inputs, previous as Bag) : null;
}

/** Declared arguments with the object's real values. */
export function observedSettings(owned: Owned, inputs: object, bag: Bag): JsonObject {
  const given = Object.entries(owned).filter(([argument]) => (inputs as JsonObject)[argument] !== undefined);
  return Object.fromEntries(given.map(([argument, one]) => [argument, seenAs(one, bag, (inputs as JsonObject)[argument])]));
}

/** What brings declared arguments back to their values of before: the rest was never ours. */
export function restoring(owned: Owned, inputs: object, bag: Bag, previous: Bag): { [property: string]: Value } {
  const changes: { [property: string]: Value } = {};
  for (const [argument, one] of Object.entries(owned)) {
    const property = propertyOf(one);
    const wanted = (inputs as JsonObject)[argument];
    if (wanted === undefined || wanted === null || previous[property] === undefined) continue;
    const value = typeof one === "string" ? previous[property] : one.restore(bag, wanted, previous[property]);
    if (!same(bag[property] ?? null, value)) changes[property] = value;
  }
  return changes;
}
