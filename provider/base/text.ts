/**
 * Text as Windows writes it, and numbers in words. Windows PowerShell 5.1 redirects in UTF-16 with a byte order mark, Notepad and `Set-Content
 * -Encoding UTF8` put one before UTF-8, and everything has CR LF.
 */

/** What stands in front of a text, and what it says. */
const MARKS: [number[], string][] = [
  [[0xef, 0xbb, 0xbf], "utf-8"],
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];

/**
 * The text of a file: UTF-8, UTF-16 LE or BE, with or without a byte order mark. Undefined for bytes that are no text
 * (a DER file, a PFX); what is neither of the three (an old ANSI code page) is read as Windows-1252.
 *
 * @example decodeText(await readFile("hosts.json")) ?? refuse()
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  const marked = MARKS.find(([mark]) => mark.every((byte, i) => bytes[i] === byte));
  if (marked) return new TextDecoder(marked[1]).decode(bytes);
  const wide = wideEncoding(bytes);
  if (wide) return new TextDecoder(wide).decode(bytes);
  if (isBinary(bytes)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fromWindows1252(bytes);
  }
}

/** 0x80 to 0x9f; the rest is Latin-1. Node 22's own decoder takes these for control characters. */
const WINDOWS_1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

function fromWindows1252(bytes: Uint8Array): string {
  const latin = Buffer.from(bytes).toString("latin1");
  return latin.replace(/[\u0080-\u009f]/g, (one) => WINDOWS_1252[one.charCodeAt(0) - 0x80]);
}

/** A text without its byte order mark and with LF alone. */
export function plainText(text: string): string {
  return text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
}

/** UTF-16 without a mark: text that is mostly Latin has a zero in every second byte. */
function wideEncoding(bytes: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (bytes.length < 4 || bytes.length % 2 !== 0) return undefined;
  const head = bytes.subarray(0, 512);
  let [even, odd] = [0, 0];
  for (let i = 0; i + 1 < head.length; i += 2) {
    if (head[i] === 0 && head[i + 1] >= 9) even++;
    if (head[i + 1] === 0 && head[i] >= 9) odd++;
  }
  const pairs = head.length >> 1;
  if (odd > pairs * 0.8) return "utf-16le";
  return even > pairs * 0.8 ? "utf-16be" : undefined;
}

/** Control characters other than white space are in no text; every DER file of more than a few bytes has some. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 4_096).some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 26 && byte !== 27));
}

/** `1 day`, `3 days`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
