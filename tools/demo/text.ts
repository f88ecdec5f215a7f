/** Plain text for a terminal: aligned tables, counts, seconds. */

/** Columns padded to their widest cell; columns named in `right` are aligned to the right. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths = rows.reduce<number[]>((found, row) => row.map((cell, index) => Math.max(found[index] ?? 0, cell.length)), []);
  return rows.map((row) =>
    row
      .map((cell, index) => (right.includes(index) ? cell.padStart(widths[index]) : cell.padEnd(widths[index])))
      .join("  ")
      .trimEnd(),
  );
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** `1 mail`, `2 mails`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Where the human output goes. */
export type Say = (line: string) => void;
