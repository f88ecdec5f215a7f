/** PEM as programs and pipelines hand it on. */
import { plainText } from "../base/text";

const BLOCK = /-----BEGIN ([A-Z0-9 #]+)-----((?:(?!-----)[\s\S])*)-----END \1-----((\\r)?\\n)*/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * PEM as OpenSSL reads it, from what is indented (a template in a program, YAML), stands on one line (a variable of a pipeline) or has its line breaks
 * as `\n` in two characters (JSON, an .env file). What stands around the blocks stays.
 */
export function pemText(text: string): string {
  return plainText(text).replace(BLOCK, (_all, label: string, body: string) => {
    const lines = body.replace(/(\\r)?\\n/g, "\n").replace(/^[ \t]+|[ \t]+$/gm, "");
    const compact = lines.replace(/\s+/g, "");
    // an encrypted key may have headers, which are lines of their own
    const content = BASE64.test(compact) ? `\n${compact.replace(/.{1,64}/g, "$&\n")}` : lines;
    return `\n-----BEGIN ${label}-----${content}-----END ${label}-----\n`;
  });
}
