/** The tiers of the test suite, and which of their files begin first. */
import { existsSync, readdirSync } from "node:fs";
import { join, sep } from "node:path";

export interface Tier {
  /** Folder below tests/. */
  readonly name: string;
  /** Timeout of one test in seconds of an idle machine, unless the test sets its own. */
  readonly testSeconds: number;
  /** What one of its files takes on average, in seconds: decides who begins. */
  readonly fileSeconds: number;
}

/** The cheap ones first: so they stand in the summary. */
export const TIERS: readonly Tier[] = [
  { name: "unit", testSeconds: 20, fileSeconds: 0.5 },
  { name: "contract", testSeconds: 60, fileSeconds: 8 },
  { name: "protocol", testSeconds: 60, fileSeconds: 2 },
  { name: "engine", testSeconds: 120, fileSeconds: 18 },
  { name: "interop", testSeconds: 120, fileSeconds: 20 },
  { name: "powershell", testSeconds: 300, fileSeconds: 25 },
  { name: "faults", testSeconds: 300, fileSeconds: 60 },
];

/**
 * The tiers that the command line asks for; all when it names none.
 * @throws RangeError when a name is no tier
 */
export function selectTiers(names: readonly string[]): Tier[] {
  const unknown = names.filter((name) => !TIERS.some((tier) => tier.name === name));
  if (unknown.length > 0) throw new RangeError(`no such tier: ${unknown.join(", ")} (known: ${TIERS.map((tier) => tier.name).join(", ")})`);
  return TIERS.filter((tier) => names.length === 0 || names.includes(tier.name));
}

/** What needs the Pulumi CLI. A unit test holds this list against what each file loads. */
const NEED_ENGINE = [/^engine\//, /^interop\/engineCanary$/, /^faults\/9-engine$/, /^powershell\/4-rotation$/];

export const needsEngine = ({ tier, name }: Pick<TestFile, "name"> & { tier: Pick<Tier, "name"> }): boolean =>
  NEED_ENGINE.some((pattern) => pattern.test(`${tier.name}/${name}`));

export interface TestFile {
  readonly tier: Tier;
  /** Path of the compiled file. */
  readonly file: string;
  /** For people: below the tier's folder, without the ending, with slashes. */
  readonly name: string;
  /** The k-th of n parts: every n-th test of the file. */
  readonly part?: readonly [k: number, n: number];
}

/** A file's name with its part. */
export const labelOf = ({ name, part }: Pick<TestFile, "name" | "part">): string => (part ? `${name} ${part[0] + 1}/${part[1]}` : name);

/** The compiled test files of a tier, sorted; none when the folder is not there. */
export function testFiles(compiledTests: string, tier: Tier): TestFile[] {
  const folder = join(compiledTests, tier.name);
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return entries
    .filter((entry) => entry.endsWith(".test.js"))
    .sort()
    .map((entry) => ({
      tier,
      file: join(folder, entry),
      name: entry
        .replace(/\.test\.js$/, "")
        .split(sep)
        .join("/"),
    }));
}
