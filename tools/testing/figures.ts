/** Figures of the fault tests: cases by family and seeded bugs, added up over files, as a table, and held against their floors. */

export interface Row {
  cases: number;
  /** Cases in a world that no case before had left: the others go on as that one does. */
  worlds: number;
  notConverged: number;
  broken: number;
  mailLost: number;
  lost: number;
  twice: number;
  cpu: number;
  started: number;
  ended: number;
}
export interface Figures {
  readonly rows: readonly (readonly [family: string, row: Row])[];
  readonly remarks: readonly string[];
  readonly planted?: { readonly caught: number; readonly planted: number };
  /** What there was no time for, in words. */
  readonly omitted: readonly string[];
}
/** What a whole run counts at least. */
export interface Floors {
  readonly families: { readonly [family: string]: number };
  /** Those that need the Pulumi engine. */
  readonly engineFamilies: { readonly [family: string]: number };
  readonly bugsCaught: number;
}

const NONE: Row = { cases: 0, worlds: 0, notConverged: 0, broken: 0, mailLost: 0, lost: 0, twice: 0, cpu: 0, started: Infinity, ended: 0 };
const COUNTS = ["cases", "worlds", "notConverged", "broken", "mailLost", "lost", "twice", "cpu"] as const;
const HEAD = [
  "family",
  "cases",
  "worlds",
  "not converged",
  "invariant broken",
  "mail lost or twice",
  "connectors, memberships, names lost",
  "run twice",
  "bound 3/n",
  "CPU s",
  "wall s",
];

function sum(one: Row, other: Row): Row {
  const counts = Object.fromEntries(COUNTS.map((key) => [key, one[key] + other[key]])) as Pick<Row, (typeof COUNTS)[number]>;
  return { ...counts, started: Math.min(one.started, other.started), ended: Math.max(one.ended, other.ended) };
}

/** Those of several files as one. */
export function mergeFigures(all: readonly Figures[]): Figures {
  const rows = new Map<string, Row>();
  for (const { rows: own } of all) for (const [family, row] of own) rows.set(family, sum(rows.get(family) ?? NONE, row));
  const planted = all.flatMap((one) => one.planted ?? []);
  return {
    rows: [...rows].sort(([a], [b]) => (a < b ? -1 : 1)),
    remarks: all.flatMap((one) => one.remarks),
    omitted: all.flatMap((one) => one.omitted),
    ...(planted.length > 0 && {
      planted: planted.reduce((one, other) => ({ caught: one.caught + other.caught, planted: one.planted + other.planted })),
    }),
  };
}

/** The rows as text, and what was remarked; empty when nothing was counted. */
export function figuresTable({ rows, remarks, planted, omitted }: Figures): string[] {
  if (rows.length === 0 && !planted) return [];
  const all = rows.reduce((total, [, row]) => sum(total, row), NONE);
  const lines = [HEAD, ...rows.map(([family, row]) => cells(family, row)), cells("all", all)];
  const bad = all.notConverged + all.broken;
  const verdict =
    bad === 0
      ? `${all.cases} cases in ${all.worlds} worlds, 0 bad: at most ${bound(all.worlds)} fail, with 95 % confidence (3/n)`
      : `${all.cases} cases, ${bad} findings`;
  const bugs = planted ? [`seeded bugs: ${planted.caught} caught of ${planted.planted} planted`] : [];
  return [...aligned(lines), verdict, ...remarks, ...bugs, ...omitted];
}

/** Columns that line up: the first to the left, figures to the right. */
export function aligned(lines: readonly (readonly string[])[]): string[] {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join("  ")
      .trimEnd(),
  );
}

function cells(name: string, row: Row): string[] {
  const { cases, worlds, notConverged, broken, mailLost, lost, twice, cpu } = row;
  const counts = [cases, worlds, notConverged, broken, mailLost, lost, twice].map(String);
  const seconds = Math.max(0, row.ended - row.started) / 1000;
  return [name, ...counts, notConverged + broken > 0 ? "-" : bound(worlds), (cpu / 1000).toFixed(1), seconds.toFixed(1)];
}

/** No failure in n independent runs bounds the failure rate at 3/n with 95 % confidence. */
function bound(worlds: number): string {
  return worlds === 0 ? "-" : `${(300 / worlds).toFixed(2)} %`;
}

/** What a whole run counts too little of: cases that were left out look like success otherwise. */
export function belowFloors({ rows, planted, omitted }: Figures, floors: Floors, withEngine = true): string[] {
  const counted = new Map(rows.map(([family, row]) => [family, row.cases]));
  const few = Object.entries({ ...floors.families, ...(withEngine ? floors.engineFamilies : {}) })
    .filter(([family, least]) => (counted.get(family) ?? 0) < least)
    .map(([family, least]) => `family "${family}": ${counted.get(family) ?? 0} cases, at least ${least} belong to it`);
  const caught = planted?.caught ?? 0;
  const bugs = caught < floors.bugsCaught ? [`seeded bugs: ${caught} caught, at least ${floors.bugsCaught} have to be`] : [];
  return [...omitted, ...few, ...bugs];
}
