/** Tables for terminals. */

const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}/u;

/** Columns that a text takes: wide East Asian letters count twice, combining marks not at all. */
export function width(text: string): number {
  let columns = 0;
  for (const letter of text) columns += /\p{M}/u.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return columns;
}

const pad = (text: string, columns: number): string => text + " ".repeat(Math.max(0, columns - width(text)));

/** Headings and rows as lines whose columns stand below each other. */
export function tableLines(headings: readonly string[], rows: readonly (readonly string[])[]): { heading: string; lines: string[] } {
  const widths = headings.map((heading, column) => Math.max(width(heading), ...rows.map((row) => width(row[column]))));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => pad(cell, widths[column]))
      .join("  ")
      .trimEnd();
  return { heading: line(headings), lines: rows.map(line) };
}
