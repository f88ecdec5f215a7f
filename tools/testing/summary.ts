/** Adding up what the files said, and saying it. */
import { aligned, type Figures } from "./figures";
import type { FileMessage } from "./messages";

export interface FileResult {
  readonly tier: string;
  /** The file below the tier's folder. */
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Full titles, each followed by the failure's own words. */
  readonly failures: readonly string[];
  readonly skips: readonly string[];
  /** Lines that name a random seed, to repeat the run. */
  readonly seeds: readonly string[];
  readonly figures: readonly Figures[];
  /** What it printed. */
  readonly output: string;
  readonly seconds: number;
  /** Processor time of its own process, in s. */
  readonly cpuSeconds: number;
}

/** How work on a file ended. */
export interface FileEnd {
  readonly tier: string;
  readonly name: string;
  /** In words, when its process did not get to its end. */
  readonly crash?: string | undefined;
  readonly output: string;
  readonly seconds: number;
}

/** Mocha's own counts; a process that died before it could give them counts what it had told, and one failure more. */
export function fileResult(messages: readonly FileMessage[], end: FileEnd): FileResult {
  const failures = messages.flatMap((each) => (each.kind === "failed" ? [titleAndWords(each)] : []));
  const skips = messages.flatMap((each) => (each.kind === "skipped" ? [each.title] : []));
  const counts = messages.find((each) => each.kind === "end")?.counts;
  const passed = counts?.passes ?? messages.filter((each) => each.kind === "passed").length;
  const lost = counts ? [] : [`the process ${end.crash ?? "ended without a count"}${duringWhich(messages)}`];
  const { tier, name, output, seconds } = end;
  return {
    ...{ tier, name, output, seconds },
    passed,
    failed: (counts?.failures ?? failures.length) + lost.length,
    skipped: counts?.pending ?? skips.length,
    cpuSeconds: counts?.cpuSeconds ?? 0,
    failures: [...failures, ...lost],
    skips,
    seeds: seedLines(output),
    figures: messages.flatMap((each) => (each.kind === "figures" ? [each.figures] : [])),
  };
}

/** The words stand at the end too: of a long log often the end alone is kept. */
function titleAndWords({ title, why }: Extract<FileMessage, { kind: "failed" }>): string {
  return [title, ...why.split("\n").map((line) => `    ${line.slice(0, 300)}`)].join("\n");
}

function duringWhich(messages: readonly FileMessage[]): string {
  const last = messages.findLast((each) => each.kind === "started");
  return last?.kind === "started" ? `, last test begun: ${last.title}` : "";
}

/** Lines that carry a seed (`seed 42`, `seed: -7`, `seed=0x1f`), each once. */
export function seedLines(output: string): string[] {
  const lines = output.split("\n").filter((line) => /\bseed\b["']?\s*[:=]?\s*-?(0x[\da-f]+|\d+)/i.test(line));
  return [...new Set(lines.map((line) => line.trim()))].slice(0, 200);
}

type Counted = Pick<FileResult, "passed" | "failed" | "skipped">;

/** The line that ends every run. */
export function countLine(results: readonly Counted[], more = 0): string {
  const sum = (pick: (result: Counted) => number): number => results.reduce((total, each) => total + pick(each), 0);
  return `${sum((each) => each.passed)} passed, ${sum((each) => each.failed) + more} failed, ${sum((each) => each.skipped)} skipped`;
}

/** Good: nothing failed, and something ran. */
export function isGood(results: readonly FileResult[], complaints: readonly string[] = []): boolean {
  return complaints.length === 0 && results.every((each) => each.failed === 0) && results.some((each) => each.passed > 0);
}

export interface Whole {
  readonly seconds: number;
  /** Lines between what ran and what was skipped. */
  readonly remarks?: readonly string[];
  /** What is wrong with the run as a whole; each counts as a failure. */
  readonly complaints?: readonly string[];
}

/** Everything a reader needs at the end: what ran, what was skipped, what failed; the count line last. */
export function summary(results: readonly FileResult[], { seconds, remarks = [], complaints = [] }: Whole): string[] {
  const tiers = [...new Set(results.map((each) => each.tier))];
  const of = <T>(pick: (result: FileResult) => readonly T[], words: (one: T) => string = String): string[] =>
    results.flatMap((each) => pick(each).map((one) => `${each.tier}/${each.name}: ${words(one)}`));
  return [
    "",
    ...table(results, tiers, seconds),
    ...(remarks.length > 0 ? ["", ...remarks] : []),
    ...section(
      "Seeds",
      of((each) => each.seeds),
    ),
    ...section(
      "Skipped",
      of((each) => each.skips, withReason),
    ),
    ...section("Failed", [...of((each) => each.failures), ...complaints]),
    "",
    countLine(results, complaints.length),
  ];
}

/** Every file, by tier, with sums. */
function table(results: readonly FileResult[], tiers: readonly string[], seconds: number): string[] {
  const row = (name: string, list: readonly FileResult[], wall: number): string[] => {
    const sum = (pick: (one: FileResult) => number): string => String(list.reduce((total, one) => total + pick(one), 0));
    const cpu = list.reduce((total, one) => total + one.cpuSeconds, 0);
    return [name, sum((one) => one.passed), sum((one) => one.failed), sum((one) => one.skipped), wall.toFixed(1), cpu.toFixed(1)];
  };
  const lines = tiers.flatMap((tier) => {
    const files = results.filter((each) => each.tier === tier).sort((a, b) => (a.name < b.name ? -1 : 1));
    const all = files.reduce((total, one) => total + one.seconds, 0);
    return [row(tier, files, all), ...files.map((one) => row(`  ${one.name}`, [one], one.seconds))];
  });
  return aligned([["What ran", "passed", "failed", "skipped", "seconds", "CPU s"], ...lines, row("all, side by side", results, seconds)]);
}

function withReason(title: string): string {
  return title.includes("[skipped: ") ? title : `${title} [skipped: no reason given; use tests/support/skip]`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}
