/** Where a command's lines go: results to stdout, everything else to stderr. Every line is redacted. */
import { access, constants, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
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

/**
 * Files that a command is to write at its end, looked at before it asks any server. Nothing is created. The folder has to be there already.
 * @throws INVALID_ARGUMENT
 */
export async function refuseUnwritable(...files: (string | undefined)[]): Promise<void> {
  for (const file of files) {
    if (file === undefined) continue;
    const found = await stat(file).catch(() => null);
    if (found?.isDirectory()) throw unwritable(file, "EISDIR");
    await access(found ? file : dirname(file), constants.W_OK).catch((error: unknown) => {
      throw unwritable(file, (error as NodeJS.ErrnoException).code);
    });
  }
}

function unwritable(file: string, code = "error"): ExchangeError {
  return new ExchangeError("INVALID_ARGUMENT", `${file} cannot be written (${code}).`, {
    hint: "Name a file in a folder that exists and that this account may write to.",
  });
}

/** A file that a command was asked for. @throws INVALID_ARGUMENT when it cannot be written */
export async function writeResult(file: string, text: string, options: { mode?: number } = {}): Promise<void> {
  try {
    await writeFile(file, text, options);
  } catch (error) {
    throw unwritable(file, (error as NodeJS.ErrnoException).code);
  }
  say(`wrote ${file}`);
}
