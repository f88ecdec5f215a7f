/** The same figures for people and for programs. Each part says when it was run and on what: they need not be run together. */
import { arch, cpus, totalmem, type } from "node:os";
import type { Figure } from "./measure";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGB: number;
  system: string;
  node: string;
}
export interface PartReport {
  /** Its name for `--only`. */
  part: string;
  title: string;
  /** What one has to know to read it, or why something is missing. */
  notes: string[];
  utc: string;
  machine: Machine;
  figures: Figure[];
  /** Rows that stand beside each other; the figures say the same one by one. */
  rows?: string[][];
}
export interface Report {
  parts: PartReport[];
}

/** By its processor: a machine's name is nobody's business. */
export function machine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? arch(),
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${arch()}`,
    node: process.version,
  };
}

/** What was run before, with what was run now in its place; in the order of `names`. */
export function merged(before: Report | undefined, now: readonly PartReport[], names: readonly string[]): Report {
  const all = new Map([...(before?.parts ?? []), ...now].map((one) => [one.part, one]));
  return { parts: names.flatMap((name) => all.get(name) ?? []) };
}

const shown = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 2 });

/** Aligned; names and units to the left. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_cell, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 || rows[0][column] === "unit" ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

function table(part: PartReport): string {
  if (part.rows) return aligned(part.rows);
  const [many, wanted] = [part.figures.some(({ samples }) => samples > 1), part.figures.some((one) => one.wanted !== undefined)];
  const head = ["", many ? "median" : "value", "unit", ...(many ? ["p90", "of"] : []), ...(wanted ? ["wanted"] : [])];
  const rows = part.figures.map(({ name, unit, median, p90, samples, wanted: aim = "" }) => [
    name,
    shown(median),
    unit,
    ...(many ? [samples > 1 ? shown(p90) : "", samples > 1 ? String(samples) : ""] : []),
    ...(wanted ? [aim] : []),
  ]);
  return aligned([head, ...rows]);
}

const ranOn = ({ utc, machine: { cpu, cores, memoryGB, system, node } }: PartReport): string =>
  `${utc.slice(0, 16).replace("T", " ")} UTC on ${cpu}, ${cores} cores, ${memoryGB} GB, ${system}, Node ${node}`;

/** For a terminal. */
export function text({ parts }: Report): string {
  return parts.map((part) => [part.title, `(${ranOn(part)})`, ...part.notes, "", table(part)].join("\n")).join("\n\n");
}

/** A page of the repository. */
export function page({ parts }: Report): string {
  const sections = parts.map((part) => {
    const notes = part.notes.length > 0 ? `${part.notes.join(" ")}\n\n` : "";
    return `## ${part.title}\n\n\`${part.part}\`, run ${ranOn(part)}.\n\n${notes}\`\`\`text\n${table(part)}\n\`\`\`\n`;
  });
  const head =
    "# Results of a run\n\nWritten by `npm run bench -- --results bench/RESULTS.md`; do not edit by hand. What the lines mean, and how one part is run by itself:\n" +
    "[docs/performance.md](../docs/performance.md). Nothing of it was measured against Exchange itself: the servers are the lab's.\n";
  return [head, ...sections].join("\n");
}
