/**
 * Takes registered secrets out of any text that leaves the process, in the forms in which they could slip through:
 * as they are, base64 (also inside a longer encoded text), hex, base64 of UTF-16LE (what PowerShell's
 * -EncodedCommand uses), JSON-escaped and URL-encoded.
 */
import { randomBytes } from "node:crypto";

/** What stands where a secret stood. */
export const REDACTED = "[secret]";

/** Shorter values would take ordinary words out of every sentence. */
const SHORTEST = 4;
/** Fewer encoded characters than this would hit by chance. */
const SHORTEST_ENCODED = 8;

const secrets = new Set<string>();
const needles = new Set<string>();
let ordered: string[] | undefined;

/**
 * Remembers a secret for the life of the process. Lines of a multi-line secret (a PEM key) count on their own too.
 * Values under 4 characters are ignored.
 */
export function registerSecret(value: string | Uint8Array): void {
  const text = typeof value === "string" ? value : Buffer.from(value).toString("base64");
  if (text.length < SHORTEST || secrets.has(text)) return;
  secrets.add(text);
  for (const needle of encodings(text)) needles.add(needle);
  if (typeof value !== "string") needles.add(Buffer.from(value).toString("hex"));
  for (const line of secretLines(text)) needles.add(line);
  ordered = undefined;
}

/** `text` without any registered secret. */
export function redact(text: string): string {
  ordered ??= [...needles].sort((a, b) => b.length - a.length);
  let clean = text;
  for (const needle of ordered) {
    if (clean.includes(needle)) clean = clean.replaceAll(needle, REDACTED);
  }
  return clean;
}

/** Forgets every secret: for tests. */
export function forgetSecrets(): void {
  secrets.clear();
  needles.clear();
  ordered = undefined;
}

/** Every form in which `secret` is looked for. */
export function encodings(secret: string): string[] {
  const utf8 = Buffer.from(secret, "utf8");
  const utf16 = Buffer.from(secret, "utf16le");
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret);
  const found = [
    secret,
    utf8.toString("base64"),
    utf8.toString("base64url"),
    ...alignments(utf8),
    utf16.toString("base64"),
    ...alignments(utf16),
    utf8.toString("hex"),
    utf8.toString("hex").toUpperCase(),
    utf16.toString("hex"),
    json,
    JSON.stringify(json).slice(1, -1),
    ...powershellJson(json),
    url,
    url.replaceAll("%20", "+"),
    url.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  ];
  return [...new Set(found)].filter((form) => form === secret || form.length >= SHORTEST_ENCODED || form === json);
}

/** What other JSON writers escape besides: Windows PowerShell 5.1 these four, ASCII-only writers everything foreign. */
function powershellJson(json: string): string[] {
  const escaped = (text: string, which: RegExp): string =>
    text.replace(which, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const windows = escaped(json, /[<>'&]/g);
  return [windows, escaped(json, /[\u007f-\uffff]/g), escaped(windows, /[\u007f-\uffff]/g)];
}

/** The characters that stay the same wherever `bytes` stand inside a longer base64 text. */
function alignments(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    return encoded.slice(first, last);
  });
}

function secretLines(text: string): string[] {
  if (!text.includes("\n")) return [];
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith("-----"));
}

/** A password for one container that carries a key from host to host. It is known to the redactor before anybody sees it. */
export function oneTimePassword(): string {
  const password = randomBytes(24).toString("base64url");
  registerSecret(password);
  return password;
}
