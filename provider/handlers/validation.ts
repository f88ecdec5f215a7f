/** Types of arguments: what a value must be, in words and as a test. The preview's unknown values pass. */
import { z } from "zod";
import { hasUnknown, UNKNOWN, type Json } from "../base/json";
import { HINTS, type ErrorCode } from "../base/errors";
import { validateHost, type HostConnection } from "../remote/hosts";
import type { CheckFailure } from "./types";

type Test = (value: unknown, path: string) => CheckFailure[];
/** A type of arguments; `T` is what handlers get. */
export interface Field<T = unknown> {
  /** "a domain name": what messages and docs/arguments.md call it. */
  readonly words: string;
  readonly test: Test;
  /** The value as outputs spell it; gets whatever was given, unknown and mistyped values too. */
  readonly normal?: (value: Json) => Json;
  /** Something inside may be a secret: no failure names the argument, because Pulumi prints what it is set to. */
  readonly secret?: true;
  readonly type?: T;
}

export function failure(code: ErrorCode, property: string, sentence: string, hint: string = HINTS[code]): CheckFailure {
  return { property, reason: `[${code}] ${sentence} Hint: ${hint}` };
}

/** From a zod schema; the value itself is never shown. */
export function field<T>(schema: z.ZodType, words: string, more: Pick<Field<T>, "normal"> = {}): Field<T> {
  const fits = (value: unknown): boolean => hasUnknown(value) || schema.safeParse(value).success;
  const test: Test = (value, path) => (fits(value) ? [] : [failure("INVALID_ARGUMENT", path, `${path} must be ${words}.`)]);
  return { words, test, ...more };
}

export const text: Field<string> = field(z.string().trim().min(1), "a non-empty string");
/** As Windows takes it: no scheme, port, wildcard or blank; a bare server name and an underscore pass. */
const FQDN = /^(?=.{1,255}$)[\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?(\.[\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?)*$/u;
export const isFqdn = (value: string): boolean => FQDN.test(value);
export const fqdn: Field<string> = field(z.string().refine(isFqdn), "a domain name without blanks, port or wildcard");
/** An X.500 name with a common name, as a TlsCertificateName needs it (exchange.md 15.4). */
export const subjectName: Field<string> = {
  words: "an X.500 name with a common name",
  test: (value, path) => {
    const [first] = text.test(value, path);
    if (first || hasUnknown(value)) return first ? [first] : [];
    if (/(^|[,;+])\s*CN\s*=\s*[^\s,;+]/i.test(String(value))) return [];
    const hint = 'Write it as an X.500 name: "CN=mail.contoso.com, O=Contoso, C=US".';
    return [failure("SUBJECT_EMPTY", path, `${path} has no common name (CN=…).`, hint)];
  },
};
export const flag: Field<boolean> = field(z.boolean(), "true or false");
export const seconds: Field<number> = field(z.number().positive(), "a number of seconds above 0");
export const days: Field<number> = field(z.number().nonnegative(), "a number of days, 0 or more");
export const friendlyName: Field<string> = field(
  z
    .string()
    .min(1)
    .max(63)
    .regex(/^\P{Cc}*$/u),
  "text of at most 63 characters, without control characters",
);
export const revisions: Field<string[]> = field(z.array(z.string().min(1)), "a list of revisions");
export const host: Field<HostConnection> = { words: "a connection", secret: true, test: (value, path) => validateHost(value, path) };
export const hosts: Field<HostConnection[]> = {
  words: "a list of connections",
  secret: true,
  test: (value, path) => {
    if (value === UNKNOWN) return [];
    if (!Array.isArray(value)) return [failure("INVALID_ARGUMENT", path, `${path} must be a list of connections.`)];
    return value.flatMap((one, index) => validateHost(one, `${path}[${index}]`));
  },
};
export const oneOf = <T extends string>(...values: T[]): Field<T> =>
  field(z.enum(values as string[]), `one of ${values.map((value) => `"${value}"`).join(", ")}`);
/** As people copy it: any case, with blanks, colons, or the invisible mark that Windows' certificate dialog puts before it. */
const isThumbprint = (value: string): boolean => /^[0-9A-F]{40}$/.test(normalThumbprint(value));
const THUMBPRINT = z.string().refine(isThumbprint);
export const thumbprint: Field<string> = field(THUMBPRINT, "a thumbprint (40 hexadecimal digits)", { normal: withNormalThumbprint });
/** `{name: thumbprint}`. */
export const thumbprints: Field<{ [name: string]: string }> = field(
  z.record(z.string().min(1), THUMBPRINT),
  "an object {server: thumbprint (40 hexadecimal digits)}",
  { normal: eachThumbprint },
);
/** `<I>…<S>…`, at most 256 characters: an Edge's directory stores no more (exchange.md 7.2). */
export const tlsName: Field<string> = {
  words: "a name <I>issuer<S>subject",
  test: (value, path) => {
    if (hasUnknown(value)) return [];
    if (typeof value !== "string" || !/^(<I>.*)?<S>.+/i.test(value))
      return [failure("INVALID_ARGUMENT", path, `${path} must have the form <I>issuer<S>subject.`)];
    return value.length <= 256 ? [] : [failure("NAME_TOO_LONG", path, `${path} has ${value.length} characters; an Edge can store 256.`)];
  },
};

/** A thumbprint as outputs spell it. */
export function normalThumbprint(value: string): string {
  return value.replace(/[\s:\u200e\u200f]/g, "").toUpperCase();
}

/** The same for what may be unknown, or of another type that check has refused. */
export function withNormalThumbprint<T>(value: T): T | string {
  return typeof value === "string" && value !== UNKNOWN ? normalThumbprint(value) : value;
}
function eachThumbprint(value: Json): Json {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withNormalThumbprint(one)]));
}
