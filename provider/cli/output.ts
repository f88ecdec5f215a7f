/** Where a command's lines go: results to stdout, everything else to stderr. Every line is redacted. */
import { writeFile } from "node:fs/promises";
import { ExchangeError } from "../base/errors";
import { setWriter } from "../base/progress";
import { redact } from "../base/redact";

export function print(text: string): void {
  process.stdout.write(`${redact(text)}\n`);
}
export function say(text: string): void {
  process.stderr.write(`${redact(text)}\n`);
}

/** Progress lines of the rooms below go to stderr as well, so that stdout holds the result alone. */
export function progressToStderr(): void {
  setWriter((line) => void process.stderr.write(`${line}\n`));
}

/** Text from a certificate or a server, without what could steer a terminal or turn its letters around. */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{FFFD}");
}

/** A file that a command was asked for. @throws INVALID_ARGUMENT when it cannot be written */
export async function writeResult(file: string, text: string, options: { mode?: number } = {}): Promise<void> {
  try {
    await writeFile(file, text, options);
  } catch (error) {
    throw new ExchangeError("INVALID_ARGUMENT", `${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  }
  say(`wrote ${file}`);
}
