/** Input checks shared by all handlers: unknown arguments, types, and the preview's unknown values (which pass). */
import { z } from "zod";
import { hasUnknown, UNKNOWN, type JsonObject } from "../base/json";
import { HINTS, type ErrorCode } from "../base/errors";
import { validateHost } from "../remote/hosts";
import type { CheckFailure } from "./types";

type Test = (value: unknown, path: string) => CheckFailure[];
export interface Field {
  test: Test;
  required?: boolean;
}
export type Fields = { [name: string]: Field };

export function failure(code: ErrorCode, property: string, sentence: string, hint: string = HINTS[code]): CheckFailure {
  return { property, reason: `[${code}] ${sentence} Hint: ${hint}` };
}

/** A test from a zod schema; the value itself is never shown. */
export function zodTest(schema: z.ZodType, expected: string): Test {
  return (value, path) => {
    if (hasUnknown(value) || schema.safeParse(value).success) return [];
    return [failure("INVALID_ARGUMENT", path, `${path} must be ${expected}.`)];
  };
}

export const text: Field = { test: zodTest(z.string().trim().min(1), "a non-empty string") };
/** As Windows takes it: no scheme, port, wildcard or blank; a bare server name and an underscore pass. */
const FQDN = /^(?=.{1,255}$)[\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?(\.[\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?)*$/u;
export const isFqdn = (value: string): boolean => FQDN.test(value);
export const fqdn: Field = { test: zodTest(z.string().refine(isFqdn), "a domain name without blanks, port or wildcard") };
/** An X.500 name with a common name, as a TlsCertificateName needs it (exchange.md 15.4). */
export const subjectName: Field = {
  test: (value, path) => {
    const [first] = text.test(value, path);
    if (first || hasUnknown(value)) return first ? [first] : [];
    if (/(^|[,;+])\s*CN\s*=\s*[^\s,;+]/i.test(String(value))) return [];
    const hint = 'Write it as an X.500 name: "CN=mail.contoso.com, O=Contoso, C=US".';
    return [failure("SUBJECT_EMPTY", path, `${path} has no common name (CN=…).`, hint)];
  },
};
export const flag: Field = { test: zodTest(z.boolean(), "true or false") };
export const seconds: Field = { test: zodTest(z.number().positive(), "a number of seconds above 0") };
export const days: Field = { test: zodTest(z.number().nonnegative(), "a number of days, 0 or more") };
export const revisions: Field = { test: zodTest(z.array(z.string().min(1)), "a list of revisions") };
export const host: Field = { test: (value, path) => validateHost(value, path) };
export const hosts: Field = {
  test: (value, path) => {
    if (value === UNKNOWN) return [];
    if (!Array.isArray(value)) return [failure("INVALID_ARGUMENT", path, `${path} must be a list of connections.`)];
    return value.flatMap((one, index) => validateHost(one, `${path}[${index}]`));
  },
};
export const oneOf = (...values: string[]): Field => ({
  test: zodTest(z.enum(values), `one of ${values.map((value) => `"${value}"`).join(", ")}`),
});
/** As people copy it: any case, with blanks, colons, or the invisible mark that Windows' certificate dialog puts before it. */
const isThumbprint = (value: string): boolean => /^[0-9A-F]{40}$/.test(normalThumbprint(value));
const THUMBPRINT = z.string().refine(isThumbprint);
export const thumbprint: Field = { test: zodTest(THUMBPRINT, "a thumbprint (40 hexadecimal digits)") };
/** `{name: thumbprint}`. */
export const thumbprints: Field = {
  test: zodTest(z.record(z.string().min(1), THUMBPRINT), "an object {server: thumbprint (40 hexadecimal digits)}"),
};
/** `<I>…<S>…`, at most 256 characters: an Edge's directory stores no more (exchange.md 7.2). */
export const tlsName: Field = {
  test: (value, path) => {
    if (hasUnknown(value)) return [];
    if (typeof value !== "string" || !/^(<I>.*)?<S>.+/i.test(value))
      return [failure("INVALID_ARGUMENT", path, `${path} must have the form <I>issuer<S>subject.`)];
    return value.length <= 256 ? [] : [failure("NAME_TOO_LONG", path, `${path} has ${value.length} characters; an Edge can store 256.`)];
  },
};

export const required = (field: Field): Field => ({ ...field, required: true });

/** Fields that every resource takes. */
export const COMMON: Fields = { owner: text, onUnreachable: oneOf("fail", "forget") };

/** Unknown, missing and mistyped arguments. Derived fields of an earlier check are not arguments and pass. */
export function validate(news: JsonObject, fields: Fields, derived: readonly string[] = []): CheckFailure[] {
  const failures: CheckFailure[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const value = news[name];
    if (value === undefined || value === null) {
      if (field.required) failures.push(failure("INVALID_ARGUMENT", name, `${name} is required.`));
    } else {
      failures.push(
        ...field
          .test(value, name)
          .map((one) => withHint(/source|host|organization|edge|peers|lookAhead/i.test(name) ? { ...one, property: "" } : one)),
      );
    }
  }
  const known = Object.keys(fields).filter((name) => name !== "owner");
  for (const name of Object.keys(news)) {
    if (name in fields || derived.includes(name) || name.startsWith("__")) continue;
    failures.push(failure("UNKNOWN_ARGUMENT", name, `There is no argument ${name}; known are ${known.join(", ")}.`));
  }
  return failures;
}

/** Tests below this room give code and sentence; what to do next is the code's default hint. */
function withHint(one: CheckFailure): CheckFailure {
  const code = /^\[([A-Z_]+)\]/.exec(one.reason)?.[1];
  if (one.reason.includes(" Hint: ") || code === undefined || !(code in HINTS)) return one;
  return { ...one, reason: `${one.reason} Hint: ${HINTS[code as ErrorCode]}` };
}

/** A thumbprint as outputs spell it. */
export function normalThumbprint(value: string): string {
  return value.replace(/[\s:\u200e\u200f]/g, "").toUpperCase();
}

/** The same for what may be unknown, or of another type that check has refused. */
export function withNormalThumbprint<T>(value: T): T | string {
  return typeof value === "string" && value !== UNKNOWN ? normalThumbprint(value) : value;
}
