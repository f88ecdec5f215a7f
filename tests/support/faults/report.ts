/** The table that a run of the faults writes. */

interface Row {
  cases: number;
  notConverged: number;
  broken: number;
  mailLost: number;
  lost: number;
  twice: number;
  cpu: number;
  started: number;
  ended: number;
}
const rows = new Map<string, Row>();
const remarks: string[] = [];
let planted: { caught: number; planted: number } | undefined;

export interface Counted {
  violations: { invariant: string }[];
  cleanRuns: number | null;
}
/** Real seconds, whatever else the clocks of this process do. */
const wallClock = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** Counts one case of a family. */
export function count(family: string, { violations, cleanRuns }: Counted): void {
  const row = rowOf(family);
  const has = (pattern: RegExp): number => (violations.some((one) => pattern.test(one.invariant)) ? 1 : 0);
  row.cases += 1;
  row.notConverged += cleanRuns === null ? 1 : 0;
  row.broken += has(/./);
  row.mailLost += has(/^mail$/);
  row.lost += has(/^I[12]$/);
  row.twice += has(/^twice$/);
  row.ended = wallClock();
}
export function countCpu(family: string, ms: number): void {
  rowOf(family).cpu += ms;
}
/** Begins the clock of a family. */
export function begin(family: string): void {
  rowOf(family);
}
/** A line below the table. */
export function remark(text: string): void {
  remarks.push(text);
}
export function countPlanted(caught: number, of: number): void {
  planted = { caught: (planted?.caught ?? 0) + caught, planted: (planted?.planted ?? 0) + of };
}
function rowOf(family: string): Row {
  const now = wallClock();
  const fresh = { cases: 0, notConverged: 0, broken: 0, mailLost: 0, lost: 0, twice: 0, cpu: 0, started: now, ended: now };
  const row = rows.get(family) ?? fresh;
  rows.set(family, row);
  return row;
}

const HEAD = [
  "family",
  "cases",
  "not converged",
  "invariant broken",
  "mail lost or twice",
  "connectors, memberships, names lost",
  "run twice",
  "bound 3/n",
  "CPU s",
  "wall s",
];

/** The rows as text; empty when nothing was counted. */
export function table(): string[] {
  if (rows.size === 0 && !planted) return [];
  const sum = (of: (row: Row) => number): number => [...rows.values()].reduce((total, row) => total + of(row), 0);
  const body = [...rows].map(([name, row]) => cells(name, row, (row.ended - row.started) / 1000));
  const keys = ["cases", "notConverged", "broken", "mailLost", "lost", "twice", "cpu"] as const;
  const all = Object.fromEntries(keys.map((key) => [key, sum((row) => row[key])])) as unknown as Row;
  const lines = [HEAD, ...body, cells("all", all, process.uptime())];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "),
  );
  const bad = all.notConverged + all.broken;
  const verdict =
    bad === 0
      ? `${all.cases} cases, 0 bad: at most ${bound(all.cases)} fail, with 95 % confidence (3/n)`
      : `${all.cases} cases, ${bad} findings`;
  return [...text, verdict, ...remarks, ...(planted ? [`seeded bugs: ${planted.caught} caught of ${planted.planted} planted`] : [])];
}

function cells(name: string, row: Row, seconds: number): string[] {
  const { cases, notConverged, broken, mailLost, lost, twice, cpu } = row;
  const counts = [cases, notConverged, broken, mailLost, lost, twice].map(String);
  return [name, ...counts, notConverged + broken > 0 ? "-" : bound(cases), (cpu / 1000).toFixed(1), seconds.toFixed(1)];
}
/** No failure in n independent runs bounds the failure rate at 3/n with 95 % confidence. */
function bound(cases: number): string {
  return cases === 0 ? "-" : `${(300 / cases).toFixed(2)} %`;
}
