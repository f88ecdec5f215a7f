/** The table that a run of the faults writes. */

interface Row {
  cases: number;
  notConverged: number;
  mailLost: number;
  lost: number;
  twice: number;
  started: number;
  ended: number;
}
const rows = new Map<string, Row>();
let planted: { caught: number; planted: number } | undefined;

export interface Counted {
  violations: { invariant: string }[];
  cleanRuns: number | null;
}
/** Real seconds, whatever else the clocks of this process do. */
const wallClock = { now: (): number => Number(process.hrtime.bigint() / 1_000_000n) };

/** Counts one case of a family. */
export function count(family: string, outcome: Counted): void {
  const row = rowOf(family);
  const has = (pattern: RegExp): number => (outcome.violations.some((one) => pattern.test(one.invariant)) ? 1 : 0);
  row.cases += 1;
  row.notConverged += outcome.cleanRuns === null || has(/./) > 0 ? 1 : 0;
  row.mailLost += has(/^mail$/);
  row.lost += has(/^I[12]$/);
  row.twice += has(/^twice$/);
  row.ended = wallClock.now();
}
/** Begins the clock of a family. */
export function begin(family: string): void {
  rowOf(family);
}
function rowOf(family: string): Row {
  let row = rows.get(family);
  if (!row)
    rows.set(
      family,
      (row = { cases: 0, notConverged: 0, mailLost: 0, lost: 0, twice: 0, started: wallClock.now(), ended: wallClock.now() }),
    );
  return row;
}
export function countPlanted(caught: number, of: number): void {
  planted = { caught, planted: of };
}

/** The rows as text; empty when nothing was counted. */
export function table(): string[] {
  if (rows.size === 0 && !planted) return [];
  const head = ["family", "cases", "not converged", "mail lost", "connectors or names lost", "run twice", "bound 3/n", "seconds"];
  const body = [...rows].map(([name, row]) => [
    name,
    row.cases,
    row.notConverged,
    row.mailLost,
    row.lost,
    row.twice,
    row.cases === 0 ? "-" : `${(300 / row.cases).toFixed(2)} %`,
    ((row.ended - row.started) / 1000).toFixed(1),
  ]);
  const all = [...rows.values()].reduce((sum, row) => sum + row.cases, 0);
  const bad = [...rows.values()].reduce((sum, row) => sum + row.notConverged, 0);
  const lines = [head, ...body].map((cells) => cells.map(String));
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  const text = lines.map((cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "),
  );
  const bound =
    bad === 0 && all > 0
      ? [`${all} cases, 0 bad: at most ${(300 / all).toFixed(2)} % fail, with 95 % confidence (3/n)`]
      : [`${all} cases, ${bad} bad`];
  return [...text, ...bound, ...(planted ? [`seeded bugs: ${planted.caught} caught of ${planted.planted} planted`] : [])];
}
