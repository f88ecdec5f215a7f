/**
 * The arguments of a resource: one table a class says what each is, what it is when nothing is given, and what another value means.
 * Checks, defaults, comparisons and the handler's types are read from it, and docs/arguments.md is printed from it.
 *
 * @example
 * const ARGUMENTS = {
 *   ...COMMON,
 *   host: { is: host, changes: "state", required: true },
 *   queueTimeout: { is: seconds, changes: "state", default: 600 },
 * } as const satisfies Arguments;
 * type Inputs = InputsOf<typeof ARGUMENTS>; // { host: HostConnection; queueTimeout: number; owner: string; … }
 */
import { HINTS, type ErrorCode } from "../base/errors";
import { same, type Json, type JsonObject } from "../base/json";
import type { CheckFailure } from "./types";
import { failure, oneOf, text, type Field } from "./validation";

/** Another value means another object, work for the servers, that the state has to know, or nothing at all. */
export type Change = "identity" | "work" | "state" | "nothing";

export interface Argument<T = unknown> {
  readonly is: Field<T>;
  readonly changes: Change;
  readonly required?: true;
  readonly default?: Json;
  /** What of the value is `work`, where the rest is `state`. */
  readonly part?: (value: Json | undefined) => unknown;
}
export interface Arguments {
  readonly [name: string]: Argument;
}

type TypeOf<A> = A extends { is: Field<infer T> } ? T : never;
type Given<A> = { [K in keyof A]: A[K] extends { required: true } | { default: Json } ? K : never }[keyof A];
/** What a handler gets once `check` is through. */
export type InputsOf<A> = { [K in Given<A>]: TypeOf<A[K]> } & { [K in Exclude<keyof A, Given<A>>]?: TypeOf<A[K]> } & { owner: string };

/** Arguments that every resource takes; its class sets `owner`. */
export const COMMON = {
  owner: { is: text, changes: "state" },
  onUnreachable: { is: oneOf("fail", "forget"), changes: "state", default: "fail" },
} as const satisfies Arguments;

/** Unknown, missing and mistyped arguments. Derived fields of an earlier check are not arguments and pass. */
export function validate(table: Arguments, news: JsonObject, derived: readonly string[]): CheckFailure[] {
  const known = Object.keys(table).filter((name) => name !== "owner");
  const strangers = Object.keys(news).filter((name) => !(name in table) && !derived.includes(name) && !name.startsWith("__"));
  return [
    ...Object.entries(table).flatMap(([name, argument]) => test(name, argument, news[name])),
    ...strangers.map((name) => failure("UNKNOWN_ARGUMENT", name, `There is no argument ${name}; known are ${known.join(", ")}.`)),
  ];
}

function test(name: string, { is, required }: Argument, value: Json | undefined): CheckFailure[] {
  if (value === undefined || value === null) return required ? [failure("INVALID_ARGUMENT", name, `${name} is required.`)] : [];
  return is.test(value, name).map((one) => withHint(is.secret ? { ...one, property: "" } : one));
}

/** Tests of lower rooms give code and sentence; what to do next is the code's default hint. */
function withHint(one: CheckFailure): CheckFailure {
  const code = /^\[([A-Z_]+)\]/.exec(one.reason)?.[1];
  if (one.reason.includes(" Hint: ") || code === undefined || !(code in HINTS)) return one;
  return { ...one, reason: `${one.reason} Hint: ${HINTS[code as ErrorCode]}` };
}

/** The arguments with their defaults, spelled as outputs spell them, without what an earlier check derived. */
export function withDefaults(table: Arguments, news: JsonObject, derived: readonly string[]): JsonObject {
  const inputs = Object.fromEntries(Object.entries(news).filter(([name]) => !derived.includes(name)));
  for (const [name, { is, default: otherwise }] of Object.entries(table)) {
    const value = inputs[name] ?? otherwise;
    if (value !== undefined && value !== null) inputs[name] = is.normal ? is.normal(value) : value;
  }
  return inputs;
}

/** Names of the arguments whose change means this, and that differ. */
export function changed(table: Arguments, change: Change, olds: JsonObject, news: JsonObject): string[] {
  return Object.entries(table).flatMap(([name, { changes, part }]) => {
    const whole = change === "state" && part !== undefined;
    if (changes !== change && !whole) return [];
    const shown = (value: Json | undefined): unknown => (part && !whole ? part(value) : value);
    return same(shown(olds[name]), shown(news[name])) ? [] : [name];
  });
}
