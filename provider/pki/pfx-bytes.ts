import { ExchangeError } from "../base/errors";

/**
 * The bytes of a PFX given as base64 text (blanks and line ends allowed) or as bytes.
 * @throws ExchangeError PFX_UNREADABLE when text is not base64.
 */
export function pfxBytes(pfx: string | Uint8Array): Buffer {
  if (typeof pfx !== "string") return Buffer.from(pfx);
  const text = pfx.replace(/\s+/g, "");
  if (text === "" || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) {
    throw new ExchangeError("PFX_UNREADABLE", "The PFX is not base64 text.", {
      hint: 'Give the file\'s bytes in base64, or {file: "path"}.',
    });
  }
  return Buffer.from(text, "base64");
}
