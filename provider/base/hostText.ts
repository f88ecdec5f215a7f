/** Text that came from a host: nothing in it may steer a terminal, hide what stands beside it, or fill a page. */

/** CSI and OSC sequences (ECMA-48), then any other escape. */
const SEQUENCES = /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;
/** Control characters other than tab and line feed; marks that turn the direction of writing or have no width. */

const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** A text without escape sequences and control characters; line breaks stay. */
export function withoutControls(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(SEQUENCES, "").replace(CONTROLS, "");
}

/** One line of at most `limit` characters. */
export function plain(text: string, limit = Infinity): string {
  const line = withoutControls(text).replace(/\s+/g, " ").trim();
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

/** How much of a host's text stands in a sentence; the rest comes behind the hint. */
export const BEFORE_HINT = 300;

/**
 * A long text in two: what stands in the sentence, and the whole of it for behind the hint.
 *
 * @example
 * const { short, more } = shortened(error.message);
 * throw new ExchangeError("CMDLET_FAILED", `${host}: Set-SendConnector failed: ${short}`, { more });
 */
export function shortened(text: string): { short: string; more?: string } {
  const clean = withoutControls(text).trim();
  const line = plain(clean);
  return line.length <= BEFORE_HINT ? { short: line } : { short: plain(line, BEFORE_HINT), more: clean };
}
