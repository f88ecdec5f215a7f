/** Text and JSON files in a host's working folder. Reads need no fence, and under our own lease no second request; writes carry the lease's fence. */
import { createHash } from "node:crypto";
import { ExchangeError } from "../base/errors";
import type { Shell } from "../exchange/shell";
import { recall, remembered, whileChanging } from "./records";

export function readText(shell: Shell, path: string): Promise<string | null> {
  return recall(shell.facts.fqdn, path, async () => {
    const { found, data } = await shell.request("file.read", { path });
    return found ? Buffer.from(data ?? "", "base64").toString("utf8") : null;
  });
}

/** @throws JOURNAL_UNREADABLE when the file is not JSON */
export async function readJson<T>(shell: Shell, path: string): Promise<T | null> {
  const text = await readText(shell, path);
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new ExchangeError("JOURNAL_UNREADABLE", `${shell.facts.name}: ${path} in the working folder is damaged.`, {
      cause,
      host: shell.facts.name,
    });
  }
}

export async function writeText(leased: Shell, path: string, text: string): Promise<void> {
  const change = leased.request("file.write", { path, data: encoded(text) });
  await whileChanging(leased.facts.fqdn, path, change, () => text);
}
/** Adds to the end of a file that the lease's holder has read. `counts`: already before the reply, for whoever waits for it before he writes. */
export async function appendText(leased: Shell, path: string, text: string, { counts = false } = {}): Promise<void> {
  const before = remembered(leased.facts.fqdn, path);
  const after = before === undefined ? undefined : (before ?? "") + text;
  const change = leased.request("file.append", { path, data: encoded(text) });
  await whileChanging(leased.facts.fqdn, path, change, () => after, counts ? after : undefined);
}
export function writeJson(leased: Shell, path: string, value: unknown): Promise<void> {
  return writeText(leased, path, JSON.stringify(value));
}
export async function createJson(leased: Shell, path: string, value: unknown): Promise<boolean> {
  const text = JSON.stringify(value);
  const change = leased.request("file.createNew", { path, data: encoded(text) });
  return (await whileChanging(leased.facts.fqdn, path, change, ({ created }) => (created ? text : undefined))).created;
}
export async function removeFile(leased: Shell, path: string): Promise<void> {
  await whileChanging(leased.facts.fqdn, path, leased.request("file.remove", { path }), () => null);
}
const encoded = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** A part of a path has at most 100 characters (docs/agent-protocol.md 7.5); an ending comes behind this. */
const LONGEST = 80;
/** What no part may begin with, or be on Windows. */
const UNFIT = /^[.-]|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A name as a file name of the working folder: letters, digits, `.`, `_`, `-`; everything else as `_hex_`. A name that is too long so, as
 * half a line of Cyrillic is, or unfit for a file, has its beginning and a hash.
 */
export function fileName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9.-]/gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`);
  if (plain.length <= LONGEST && !UNFIT.test(plain)) return plain;
  return `_${plain.slice(0, 40)}_${createHash("sha256").update(name).digest("hex").slice(0, 20)}`;
}
