/** `follow`: what runs say, as they say it, from the file that every run writes beside its output. */
import { createReadStream, statSync } from "node:fs";
import { InvalidArgumentError, type Command } from "commander";
import { delay } from "../base/clock";
import { ExchangeError } from "../base/errors";
import { progressFile } from "../base/progressFile";
import { filePath } from "../remote/secrets";
import { DONE, type ExitCode } from "./exit";
import { print, say } from "./output";

interface Flags {
  file?: string;
  lines: number;
  wait: boolean;
}

const POLL_MS = 300;

const count = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError("must be a number of lines.");
};

export function addFollow(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("follow")
    .description("show sentences, warnings and progress of runs as they come, also where `pulumi up` hides them")
    .option("--file <path>", "another file (default: that of PULUMI_EXCHANGE_LOG, else the one in the cache folder)")
    .option("--lines <number>", "lines from before", count, 20)
    .option("--no-wait", "end instead of waiting for more")
    .action(async ({ file, lines, wait }: Flags) => {
      const path = file === undefined ? progressFile() : filePath(file);
      if (path === undefined) throw new ExchangeError("INVALID_ARGUMENT", "PULUMI_EXCHANGE_LOG is off: no run writes a file.");
      if (wait) say(`following ${path} (end with Ctrl+C)`);
      await follow(path, lines, wait);
      finish(DONE);
    });
}

/** Prints the last `lines` lines and, with `wait`, whatever is added, for ever. A file that was put aside is begun anew. */
export async function follow(path: string, lines: number, wait: boolean, signal?: AbortSignal): Promise<void> {
  let at = 0;
  let rest = "";
  let first = true;
  for (;;) {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size < at) [at, rest] = [0, ""];
    if (size > at) {
      const all = (rest + (await slice(path, at, size))).split("\n");
      rest = all.pop()!;
      for (const line of first && lines < all.length ? all.slice(all.length - lines) : all) print(line);
      at = size;
    }
    first = false;
    if (!wait || signal?.aborted) return;
    await delay(POLL_MS, signal).catch(() => undefined);
  }
}

async function slice(path: string, start: number, end: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { start, end: end - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
