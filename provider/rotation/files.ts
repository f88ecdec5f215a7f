/** Text and JSON files in a host's working folder. Reads need no fence, and under our own lease no second request; writes carry the lease's fence. */
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

/** A name as a file name of the working folder: letters, digits, `.`, `_`, `-`; everything else as `_hex_`. */
export function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9.-]/gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`);
}
