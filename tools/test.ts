/** `npm test -- [tiers…] [--grep <pattern>]`: all tests that this machine can run; names those it skips and why. */
import { join, resolve } from "node:path";
import { Command } from "commander";
import { runTier } from "./testing/runTier";
import { type TierResult, isGood, summary } from "./testing/summary";
import { TIERS, selectTiers, testFiles } from "./testing/tiers";

const COMPILED_TESTS = resolve(__dirname, "..", "tests");

async function main(): Promise<number> {
  const command = new Command("npm test --")
    .argument("[tiers...]", `which tiers to run (${TIERS.map((tier) => tier.name).join(", ")}); all when none is named`)
    .option("--grep <pattern>", "only tests whose full title matches this regular expression")
    .parse();
  const { grep } = command.opts<{ grep?: string }>();
  const results: TierResult[] = [];
  for (const tier of selectTiers(command.args)) {
    const files = testFiles(COMPILED_TESTS, tier);
    console.log(`\n== ${tier.name}: ${files.length} files (${join("tests", tier.name)})`);
    if (files.length > 0) results.push(await runTier(tier, files, { grep }));
  }
  await print(summary(results));
  return isGood(results) ? 0 : 1;
}

/** Waits until everything is written, so that the count really is the last line. */
function print(lines: readonly string[]): Promise<void> {
  return new Promise((resolveWritten) => process.stdout.write(`${lines.join("\n")}\n`, () => resolveWritten()));
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof RangeError ? error.message : error);
    process.exit(1);
  },
);
