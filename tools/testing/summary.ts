/** Adding up what the tiers said, and saying it. */
import type { TierMessage } from "./messages";

export interface TierResult {
  readonly tier: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Full titles, each followed by the failure's own words. */
  readonly failures: readonly string[];
  readonly skips: readonly string[];
  /** Lines that name a random seed, to repeat the run. */
  readonly seeds: readonly string[];
  readonly seconds: number;
}

/** How the tier's process ended. */
export interface TierEnd {
  readonly tier: string;
  /** In words, when it did not get to its end. */
  readonly crash?: string;
  readonly output: string;
  readonly seconds: number;
}

/** Mocha's own counts; a tier that died before it could give them counts what it had told, and one failure more. */
export function tierResult(messages: readonly TierMessage[], end: TierEnd): TierResult {
  const failures = messages.flatMap((each) => (each.kind === "failed" ? [titleAndWords(each)] : []));
  const skips = messages.flatMap((each) => (each.kind === "skipped" ? [each.title] : []));
  const counts = messages.find((each) => each.kind === "end")?.counts;
  const passed = counts?.passes ?? messages.filter((each) => each.kind === "passed").length;
  const lost = counts ? [] : [`tier ${end.tier} ${end.crash ?? "ended without a count"}${duringWhich(messages)}`];
  return {
    tier: end.tier,
    passed,
    failed: (counts?.failures ?? failures.length) + lost.length,
    skipped: counts?.pending ?? skips.length,
    failures: [...failures, ...lost],
    skips,
    seeds: seedLines(end.output),
    seconds: end.seconds,
  };
}

/** The words stand at the end too: of a long log often the end alone is kept. */
function titleAndWords({ title, why }: Extract<TierMessage, { kind: "failed" }>): string {
  return [title, ...why.split("\n").map((line) => `    ${line.slice(0, 300)}`)].join("\n");
}

function duringWhich(messages: readonly TierMessage[]): string {
  const last = messages.findLast((each) => each.kind === "started");
  return last?.kind === "started" ? `, last test begun: ${last.title}` : "";
}

/** Lines that carry a seed (`seed 42`, `seed: -7`, `seed=0x1f`), each once. */
export function seedLines(output: string): string[] {
  const lines = output.split("\n").filter((line) => /\bseed\b["']?\s*[:=]?\s*-?(0x[\da-f]+|\d+)/i.test(line));
  return [...new Set(lines.map((line) => line.trim()))].slice(0, 200);
}

/** The line that ends every run. */
export function countLine(results: readonly TierResult[]): string {
  const sum = (pick: (result: TierResult) => number): number => results.reduce((total, each) => total + pick(each), 0);
  return `${sum((each) => each.passed)} passed, ${sum((each) => each.failed)} failed, ${sum((each) => each.skipped)} skipped`;
}

/** Good: nothing failed, and something ran. */
export function isGood(results: readonly TierResult[]): boolean {
  return results.every((each) => each.failed === 0) && results.some((each) => each.passed > 0);
}

/** Everything a reader needs at the end, the count line last. */
export function summary(results: readonly TierResult[]): string[] {
  const perTier = results.map((each) => `${each.tier}: ${countLine([each])} in ${each.seconds.toFixed(1)} s`);
  return [
    "",
    ...perTier,
    ...section(
      "Skipped",
      results.flatMap((each) => each.skips.map((title) => `${each.tier}: ${withReason(title)}`)),
    ),
    ...section(
      "Seeds",
      results.flatMap((each) => each.seeds.map((line) => `${each.tier}: ${line}`)),
    ),
    ...section(
      "Failed",
      results.flatMap((each) => each.failures.map((title) => `${each.tier}: ${title}`)),
    ),
    "",
    countLine(results),
  ];
}

function withReason(title: string): string {
  return title.includes("[skipped: ") ? title : `${title} [skipped: no reason given; use tests/support/skip]`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}
