/** The tiers of the test suite, in the order in which they run: the cheap ones first. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface Tier {
  /** Folder below tests/. */
  readonly name: string;
  /** Timeout of one test in seconds, unless the test sets its own. */
  readonly testSeconds: number;
  /** Deadline of the whole tier in seconds: then it is ended and counts as failed. */
  readonly tierSeconds: number;
}

export const TIERS: readonly Tier[] = [
  { name: "unit", testSeconds: 20, tierSeconds: 300 },
  { name: "contract", testSeconds: 60, tierSeconds: 1200 },
  { name: "protocol", testSeconds: 60, tierSeconds: 600 },
  { name: "engine", testSeconds: 300, tierSeconds: 1800 },
  { name: "interop", testSeconds: 120, tierSeconds: 900 },
  { name: "faults", testSeconds: 300, tierSeconds: 1200 },
];

/**
 * The tiers that the command line asks for, in running order; all when it names none.
 * @throws RangeError when a name is no tier
 */
export function selectTiers(names: readonly string[]): Tier[] {
  const unknown = names.filter((name) => !TIERS.some((tier) => tier.name === name));
  if (unknown.length > 0) throw new RangeError(`no such tier: ${unknown.join(", ")} (known: ${TIERS.map((tier) => tier.name).join(", ")})`);
  return TIERS.filter((tier) => names.length === 0 || names.includes(tier.name));
}

/** The compiled test files of a tier, sorted; none when the folder is not there. */
export function testFiles(compiledTests: string, tier: Tier): string[] {
  const folder = join(compiledTests, tier.name);
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries
    .filter((entry) => entry.endsWith(".test.js"))
    .sort()
    .map((entry) => join(folder, entry));
}
