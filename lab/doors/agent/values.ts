/** Values on their way in (tagged JSON → what a cmdlet gets) and out (objects → what was selected). */
import type { Value } from "../../../provider/remote/protocol";
import { type CmdletValue, SecureText, TimeSpan } from "../../model/contract";
import { AgentFailure } from "./failure";

export const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const ISO_UTC = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z$/;

/** Strict base64; anything else is a bad request. */
export function decodeBase64(text: string, what: string): Buffer {
  if (!BASE64.test(text)) throw new AgentFailure("BadRequest", `${what} is not base64.`);
  return Buffer.from(text, "base64");
}

/** Whether a text is a strict ISO 8601 time in UTC. */
export function isTime(text: string): boolean {
  return ISO_UTC.test(text) && !Number.isNaN(new Date(text).getTime());
}

/** A strict ISO 8601 time in UTC. */
export function decodeTime(text: string, what: string): Date {
  if (!isTime(text)) {
    throw new AgentFailure("BadRequest", `${what} is not a time like 2026-12-01T08:30:00Z.`);
  }
  return new Date(text);
}

const TAGS: { [tag: string]: (value: unknown) => CmdletValue } = {
  $bytes: (value) => new Uint8Array(decodeBase64(text(value, "$bytes"), "$bytes")),
  $secure: (value) => new SecureText(text(value, "$secure")),
  $time: (value) => decodeTime(text(value, "$time"), "$time"),
  $timespan: (value) => {
    if (!Number.isInteger(value) || (value as number) < 0) throw new AgentFailure("BadRequest", "$timespan is not whole seconds.");
    return new TimeSpan(value as number);
  },
};

function text(value: unknown, tag: string): string {
  if (typeof value !== "string") throw new AgentFailure("BadRequest", `${tag} is not a string.`);
  return value;
}

/** One parameter value as the cmdlet gets it. */
export function decodeValue(value: Value): CmdletValue {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(decodeValue);
  const entries = Object.entries(value);
  const tagged = entries.find(([key]) => key.startsWith("$"));
  if (!tagged) return Object.fromEntries(entries.map(([key, inner]) => [key, decodeValue(inner)]));
  const decode = entries.length === 1 && Object.hasOwn(TAGS, tagged[0]) ? TAGS[tagged[0]] : undefined;
  if (!decode) throw new AgentFailure("BadRequest", `Unknown tagged value with ${JSON.stringify(tagged[0])}.`);
  return decode(tagged[1]);
}

export function decodeParameters(parameters: { [name: string]: Value }): { [name: string]: CmdletValue } {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, decodeValue(value)]));
}

/** Null, string, boolean and number as they are; dates in UTC; bytes as base64; arrays item by item; the rest as text. */
export function project(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(project);
  return String(value);
}

/** The selected properties of an object, under the names that were asked for (PowerShell ignores their case). */
export function selectProperties(object: { [property: string]: unknown }, select: string[]): { [property: string]: unknown } {
  const byName = new Map(Object.keys(object).map((key) => [key.toLowerCase(), key]));
  return Object.fromEntries(
    select.map((name) => {
      const key = byName.get(name.toLowerCase());
      return [name, project(key === undefined ? null : object[key])];
    }),
  );
}

/** Whether one of the properties has one of its texts, or an item of an array has: docs/agent-protocol.md 7.4, "where". */
export function isWanted(object: { [property: string]: unknown }, where: { [property: string]: string[] } | undefined): boolean {
  if (!where) return true;
  const names = Object.keys(where);
  const projected = selectProperties(object, names);
  return names.some((name) => {
    const value = projected[name];
    const items: unknown[] = Array.isArray(value) ? value : [value];
    const plain = items.filter((item) => item !== null && !Array.isArray(item));
    return plain.some((item) => where[name].some((text) => sameText(String(item), text)));
  });
}

/** Character by character, ignoring case; no character becomes two. */
function sameText(a: string, b: string): boolean {
  return a.length === b.length && a.toUpperCase() === b.toUpperCase();
}
