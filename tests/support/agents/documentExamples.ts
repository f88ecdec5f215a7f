/** The examples of docs/agent-protocol.md: blocks that start with "```jsonl HOST", a request line and its reply line each. */
import assert from "node:assert/strict";
import type { Operation, Reply } from "../../../provider/remote/protocol";

export type Host = "EDGE01" | "MBX01";

export interface Request {
  id: number;
  op: Operation;
  params: { [name: string]: unknown };
  fence?: number;
  key?: string;
}

export interface Example {
  host: Host;
  /** The line as it is sent. */
  line: string;
  /** Undefined where the line is no request at all. */
  request: Request | undefined;
  reply: Reply;
}

/** All examples, in the order of the page. */
export function examplesOf(page: string): Example[] {
  return [...page.matchAll(/```jsonl (EDGE01|MBX01)\n([\s\S]*?)```/g)].flatMap(([, host, block]) => {
    const lines = block.trim().split("\n");
    assert.equal(lines.length % 2, 0, block);
    return lines.flatMap((line, index) => (index % 2 === 0 ? [example(host as Host, line, lines[index + 1])] : []));
  });
}

function example(host: Host, asked: string, answered: string): Example {
  assert.ok(asked.startsWith("> ") && answered.startsWith("< "), asked);
  const line = asked.slice(2);
  return {
    host,
    line,
    request: line.startsWith("{") ? (JSON.parse(line) as Request) : undefined,
    reply: JSON.parse(answered.slice(2)) as Reply,
  };
}

/** `value` with the strings of `names` replaced, wherever they stand. */
export function replaced<T>(value: T, names: { [shown: string]: string }): T {
  if (typeof value === "string") return (names[value] ?? value) as T;
  if (Array.isArray(value)) return value.map((item) => replaced<unknown>(item, names)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, replaced<unknown>(inner, names)])) as T;
}

/**
 * How `given` differs in form from `shown`, or nothing: same fields of the same types; null may stand for any value; every
 * item of an array has the form of the shown one.
 */
export function difference(shown: unknown, given: unknown, at = "value"): string | undefined {
  if (shown === null || given === null) return undefined;
  if (Array.isArray(shown) && Array.isArray(given)) {
    const [first] = shown as unknown[];
    return first === undefined ? undefined : firstOf(given.map((item, index) => difference(first, item, `${at}[${index}]`)));
  }
  if (kind(shown) !== kind(given)) return `${at} is ${kind(shown)} in the page, ${kind(given)} here`;
  if (typeof shown !== "object") return time(shown) === time(given) ? undefined : `${at}: ${String(shown)} and ${String(given)}`;
  const names = [...new Set([...Object.keys(shown), ...Object.keys(given as object)])].sort();
  return firstOf(names.map((name) => difference(field(shown, name), field(given as object, name), `${at}.${name}`)));
}

const field = (value: object, name: string): unknown => (value as { [name: string]: unknown })[name];
const kind = (value: unknown): string => (Array.isArray(value) ? "array" : typeof value);
const time = (value: unknown): boolean => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(String(value));
const firstOf = (found: (string | undefined)[]): string | undefined => found.find((text) => text !== undefined);
