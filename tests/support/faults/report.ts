/** What a run of the faults counts; the runner adds the files up and shows them as a table (tools/testing/figures.ts). */
import { atFileEnd, isHeard, tell } from "../../../tools/testing/fileEnd";
import type { Figures, Row } from "../../../tools/testing/figures";
import { progress } from "../../../tools/testing/patience";

const rows = new Map<string, Row>();
const remarks: string[] = [];
/** What there was no time for, by family, in orders to the pool (cases, or trees of them). */
const leftOut = new Map<string, number>();
let planted: { caught: number; planted: number } | undefined;

export interface Counted {
  violations: { invariant: string }[];
  cleanRuns: number | null;
  known?: boolean;
}
/** Real seconds, whatever else the clocks of this process do. */
const wallClock = (): number => Number(process.hrtime.bigint() / 1_000_000n);

/** Counts one case of a family. */
export function count(family: string, { violations, cleanRuns, known }: Counted): void {
  const row = rowOf(family);
  const has = (pattern: RegExp): number => (violations.some((one) => pattern.test(one.invariant)) ? 1 : 0);
  row.cases += 1;
  row.worlds += known ? 0 : 1;
  row.notConverged += cleanRuns === null ? 1 : 0;
  row.broken += has(/./);
  row.mailLost += has(/^mail$/);
  row.lost += has(/^I[12]$/);
  row.twice += has(/^twice$/);
  row.ended = wallClock();
  progress();
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
/** Orders that were not begun because the time was over. */
export function leaveOut(family: string, orders: number): void {
  leftOut.set(family, (leftOut.get(family) ?? 0) + orders);
}
export function countPlanted(caught: number, of: number): void {
  planted = { caught: (planted?.caught ?? 0) + caught, planted: (planted?.planted ?? 0) + of };
}
function rowOf(family: string): Row {
  const now = wallClock();
  const fresh = { cases: 0, worlds: 0, notConverged: 0, broken: 0, mailLost: 0, lost: 0, twice: 0, cpu: 0, started: now, ended: now };
  const row = rows.get(family) ?? fresh;
  rows.set(family, row);
  return row;
}

/** All that was counted since the last call. */
export function takeFigures(): Figures {
  const figures: Figures = {
    rows: [...rows],
    remarks: remarks.splice(0),
    omitted: [...leftOut].map(([name, orders]) => `no time for ${orders} of "${name || "preparations"}"`),
    ...(planted && { planted }),
  };
  rows.clear();
  leftOut.clear();
  planted = undefined;
  return figures;
}

atFileEnd(() => {
  if (!isHeard()) return;
  const figures = takeFigures();
  if (figures.rows.length > 0 || figures.planted) tell({ kind: "figures", figures });
});
