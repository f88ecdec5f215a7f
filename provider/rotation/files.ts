/** JSON files in a host's working folder. Reads need no fence; writes carry the lease's fence. */
import { ExchangeError } from "../base/errors";
import type { Shell } from "../exchange/shell";

export async function readText(shell: Shell, path: string): Promise<string | null> {
  const { found, data } = await shell.request("file.read", { path });
  return found ? Buffer.from(data ?? "", "base64").toString("utf8") : null;
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
  await leased.request("file.write", { path, data: Buffer.from(text, "utf8").toString("base64") });
}
export function writeJson(leased: Shell, path: string, value: unknown): Promise<void> {
  return writeText(leased, path, JSON.stringify(value));
}
export async function createJson(leased: Shell, path: string, value: unknown): Promise<boolean> {
  const data = Buffer.from(JSON.stringify(value), "utf8").toString("base64");
  return (await leased.request("file.createNew", { path, data })).created;
}
export async function removeFile(leased: Shell, path: string): Promise<void> {
  await leased.request("file.remove", { path });
}

/** A name as a file name of the working folder: letters, digits, `.`, `_`, `-`; everything else as `_hex_`. */
export function fileName(name: string): string {
  return name.replace(/[^A-Za-z0-9.-]/gu, (character) => `_${character.codePointAt(0)!.toString(16)}_`);
}
