/** `npm test -- [tiers…] [--grep <pattern>]`: all tests that this machine can run; names those it skips and why. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Command } from "commander";
import { belowFloors, figuresTable, mergeFigures, type Floors } from "./testing/figures";
import { Lanes } from "./testing/lanes";
import { PaceKeeper } from "./testing/pace";
import { wallNow } from "./testing/patience";
import { cliMissing } from "./testing/engine";
import { inParts, lanesFor } from "./testing/schedule";
import { type FileResult, isGood, summary } from "./testing/summary";
import { TIERS, labelOf, needsEngine, selectTiers, testFiles, type TestFile } from "./testing/tiers";

const COMPILED_TESTS = resolve(__dirname, "..", "tests");
const FLOORS = resolve(__dirname, "..", "..", "tests", "faults", "floors.json");
/** Says what is running so often, in ms. */
const HEARTBEAT_MS = 15_000;

async function main(): Promise<number> {
  const command = new Command("npm test --")
    .argument("[tiers...]", `which tiers to run (${TIERS.map((tier) => tier.name).join(", ")}); all when none is named`)
    .option("--grep <pattern>", "only tests whose full title matches this regular expression")
    .option("--lanes <number>", "how many files run at once; default: twice the cores")
    .parse();
  const { grep, lanes } = command.opts<{ grep?: string; lanes?: string }>();
  const tiers = selectTiers(command.args);
  const files = inParts(tiers.flatMap((tier) => testFiles(COMPILED_TESTS, tier)));
  const began = wallNow();
  const keeper = new PaceKeeper();
  const results = await runAll(files, lanesFor(availableParallelism(), files.length, lanes), grep);
  const pace = keeper.words;
  keeper.end();
  const figures = mergeFigures(results.flatMap((one) => one.figures));
  const whole = grep === undefined && tiers.some(({ name }) => name === "faults");
  const floors = JSON.parse(readFileSync(FLOORS, "utf8")) as Floors;
  const complaints = whole ? belowFloors(figures, floors, cliMissing() === undefined) : figures.omitted;
  const remarks = [...figuresTable(figures), pace];
  const ran = inOrder(results, files).filter(({ passed, failed, skipped }) => grep === undefined || passed + failed + skipped > 0);
  await print(summary(ran, { seconds: (wallNow() - began) / 1000, remarks, complaints }));
  return isGood(results, complaints) ? 0 : 1;
}

async function runAll(files: readonly TestFile[], lanes: number, grep: string | undefined): Promise<FileResult[]> {
  const missing = cliMissing();
  if (missing !== undefined) console.log(`\nTests on the Pulumi engine are skipped: ${missing}`);
  console.log(`\n${files.length} files of ${new Set(files.map(({ tier }) => tier)).size} tiers, ${lanes} at once`);
  const run = new Lanes(files, {
    ...{ lanes, grep },
    color: process.stdout.isTTY === true,
    skip: (file) => (needsEngine(file) ? missing : undefined),
    onResult: (result, done) => show(result, `${done}/${files.length}`),
    onRemark: (text) => console.log(text),
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => {
      run.kill();
      process.exit(130);
    });
  const heartbeat = setInterval(() => {
    const now = wallNow();
    const each = [...run.running].map(
      ([{ tier, name, part }, since]) => `${tier.name}/${labelOf({ name, part })} ${Math.round((now - since) / 1000)} s`,
    );
    console.log(`… ${each.join(", ")}`);
  }, HEARTBEAT_MS);
  try {
    return await run.run();
  } finally {
    clearInterval(heartbeat);
  }
}

/** What a file printed, when it is through: files that run side by side would mix their lines. */
function show({ tier, name, passed, failed, skipped, seconds, output }: FileResult, done: string): void {
  if (passed + failed + skipped === 0) return;
  console.log(`\n== ${tier}/${name} (${done}): ${seconds.toFixed(1)} s\n${output.trimEnd()}`);
}

/** As the tiers stand, whatever ended first. */
function inOrder(results: readonly FileResult[], files: readonly TestFile[]): FileResult[] {
  const place = new Map(files.map((file, index) => [`${file.tier.name}/${labelOf(file)}`, index]));
  const at = ({ tier, name }: FileResult): number => place.get(`${tier}/${name}`) ?? files.length;
  return [...results].sort((a, b) => at(a) - at(b));
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
