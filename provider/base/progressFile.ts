/**
 * A copy of every line in a file, for `npx pulumi-exchange follow`: the engine hides what its plugins print where it knows no terminal of
 * its own (a plain `pulumi up` on Windows), and a pipeline shows it late.
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** At this size the file is put aside once, as `progress.log.1`. */
const LARGEST = 2_000_000;

/** `PULUMI_EXCHANGE_LOG` (a path, or `off`), else `progress.log` in the cache folder of this package; undefined for none. */
export function progressFile(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const set = env.PULUMI_EXCHANGE_LOG;
  if (set === "off") return undefined;
  return set ? set : join(homedir(), ".cache", "pulumi-exchange", "progress.log");
}

/** A writer that adds lines with time and process id to `file`, which its owner alone may read. A file that cannot be written is no failure. */
export function fileWriter(file: string, now: () => Date = () => new Date()): (line: string) => void {
  let usable: boolean | undefined;
  return (line) => {
    usable ??= prepared(file);
    if (!usable) return;
    const head = `${now().toISOString().slice(0, 19)}Z ${process.pid} `;
    const text = line
      .split("\n")
      .map((one) => `${head}${one}\n`)
      .join("");
    try {
      appendFileSync(file, text, { mode: 0o600 });
    } catch {
      usable = false;
    }
  };
}

function prepared(file: string): boolean {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LARGEST) renameSync(file, `${file}.1`);
    return true;
  } catch {
    return false;
  }
}
