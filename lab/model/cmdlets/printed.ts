/** Values of Exchange's own types, as they are read from text and printed. */

const UNITS: { [unit: string]: number } = { B: 0, KB: 1, MB: 2, GB: 3, TB: 4 };

/** `40MB`, `36,700,160`, `35 MB (36,700,160 bytes)` or `Unlimited`, as it is printed; null for other text. // [PS:Set-SendConnector], [CSS:GetSendConnector.xml] */
export function byteSize(text: string): string | null {
  if (/^\s*unlimited\s*$/i.test(text)) return "Unlimited";
  const exact = /\(([\d,]+) bytes\)\s*$/i.exec(text);
  if (exact) return printed(Number(exact[1].replaceAll(",", "")));
  const [, digits, unit = "B"] = /^\s*([\d,]+)\s*([KMGT]?B)?\s*$/i.exec(text) ?? [];
  return digits === undefined ? null : printed(Number(digits.replaceAll(",", "")) * 1024 ** UNITS[unit.toUpperCase()]);
}

function printed(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  const amount = Number((bytes / 1024 ** power).toPrecision(4));
  return `${amount} ${Object.keys(UNITS)[power]} (${bytes.toLocaleString("en-US")} bytes)`;
}

/** A domain name without blanks, port or wildcard. */
export const isFqdn = (text: string): boolean =>
  text.length <= 255 && text.split(".").every((label) => /^[\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?$/u.test(label));
