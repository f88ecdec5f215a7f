/** What the last notice said, in a file: written after it was delivered, so that nothing is lost by a failure. */
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { ExchangeError } from "../../base/errors";
import { filePath } from "../../remote/secrets";
import type { Known } from "./changes";
import type { Kind } from "./items";

const shape = z.object({ version: z.literal(1), known: z.record(z.string(), z.object({ state: z.string(), title: z.string() })) });

/** One a command, hosts file and target; the target stands in it as a hash. */
export function stateFile(given: string | undefined, kind: Kind, hosts: string, target: string): string {
  if (given !== undefined) return filePath(given);
  const digest = createHash("sha256")
    .update([kind, resolve(hosts), target].join("\0"))
    .digest("hex")
    .slice(0, 24);
  return join(homedir(), ".cache", "pulumi-exchange", "notify", `${kind}-${digest}.json`);
}

/** Null before the first notice. @throws INVALID_ARGUMENT for a file that is something else: it is not overwritten */
export async function readState(file: string): Promise<Known | null> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return null;
    throw unusable(file, `cannot be read (${code ?? "error"})`);
  }
  try {
    return shape.parse(JSON.parse(text)).known;
  } catch {
    throw unusable(file, "is not the state of a notice");
  }
}

/** A reader sees the old or the new one. */
export async function writeState(file: string, known: Known): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(temporary, `${JSON.stringify({ version: 1, known }, null, 2)}\n`, { mode: 0o600 });
    await rename(temporary, file);
  } catch (error) {
    throw unusable(file, `cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"}); the same notice will come again`);
  }
}

function unusable(file: string, why: string): ExchangeError {
  const hint = "Name another file with --notify-state, or delete this one: the next notice then tells everything anew.";
  return new ExchangeError("INVALID_ARGUMENT", `The notice's state file ${file} ${why}.`, { hint });
}
