/** Which certificates shall not alarm: thumbprints from the command line and from a file. */
import { readFile } from "node:fs/promises";
import { ExchangeError } from "../../base/errors";
import { decodeText, plainText } from "../../base/text";
import { filePath } from "../../remote/secrets";

/**
 * Thumbprints, upper case. In the file `#` begins a comment; blanks and colons inside a thumbprint are left out, as in what Windows and
 * openssl print. @throws INVALID_ARGUMENT
 */
export async function ignoredThumbprints(given: readonly string[], file: string | undefined): Promise<ReadonlySet<string>> {
  const lines = file === undefined ? [] : (await textOf(file)).split(/\r?\n/).map((line) => line.replace(/#.*/, ""));
  const found = [...given.map((text) => ({ text, where: "--ignore" })), ...lines.map((text) => ({ text, where: file! }))];
  return new Set(found.filter(({ text }) => text.trim() !== "").map(thumbprint));
}

function thumbprint({ text, where }: { text: string; where: string }): string {
  const bare = text.replace(/[\s:\u200E\uFEFF]/g, "").toUpperCase();
  if (/^[0-9A-F]{40}$/.test(bare)) return bare;
  throw new ExchangeError("INVALID_ARGUMENT", `${where}: "${text.trim().slice(0, 60)}" is no thumbprint.`, {
    hint: "A thumbprint has 40 hexadecimal digits, as `report` and Get-ExchangeCertificate print them.",
  });
}

async function textOf(file: string): Promise<string> {
  try {
    return plainText(decodeText(await readFile(filePath(file))) ?? "");
  } catch (error) {
    throw new ExchangeError("INVALID_ARGUMENT", `The file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  }
}
