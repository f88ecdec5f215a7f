/** Runs test files in mocha, one after the other, in a process of its own: what one tier breaks, another one does not feel. */
import { once } from "node:events";
import Mocha from "mocha";
import { installCipherKeys } from "./cipherKeys";
import { cpuSeconds } from "./cpu";
import { endFile, tell, underRunner } from "./fileEnd";
import { installPatience } from "./mochaPatience";
import { endMark, type Counts, type Order, type WorkerOptions } from "./messages";

/** Lines of a failure that are told. */
const KEPT = 40;
/** A sign of life so often, in ms. */
const ALIVE_MS = 2_000;

type FileOrder = Extract<Order, { file: string }>;

const { EVENT_TEST_BEGIN, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

async function main(options: WorkerOptions): Promise<void> {
  underRunner();
  installCipherKeys();
  installPatience(options);
  // What a suite begins early it need not begin for a few titles.
  if (options.grep !== undefined) process.env.TESTS_FILTERED = options.grep;
  setInterval(() => tell({ kind: "alive" }), ALIVE_MS).unref();
  for (;;) {
    const [order] = (await once(process, "message")) as [Order];
    if ("end" in order) break;
    const before = cpuSeconds();
    const counts = await runFile(order, options);
    const used = cpuSeconds() - before;
    for (const stream of [process.stdout, process.stderr]) stream.write(endMark(order.number));
    tell({ kind: "end", counts: { ...counts, cpuSeconds: used } });
  }
  process.disconnect();
}

async function runFile({ file, skip, part }: FileOrder, options: WorkerOptions): Promise<Counts> {
  const mocha = new Mocha({
    reporter: "spec",
    timeout: options.testMilliseconds,
    forbidOnly: true,
    color: options.color,
    ...(options.grep === undefined ? {} : { grep: new RegExp(options.grep) }),
  });
  mocha.addFile(file);
  try {
    await mocha.loadFilesAsync();
    if (part) keepPart(mocha.suite, part);
    if (skip !== undefined) skipAll(mocha.suite, skip);
    return await run(mocha);
  } catch (error) {
    tell({ kind: "failed", title: "the file", why: wordsOf(error) });
    console.error(error);
    return { passes: 0, failures: 1, pending: 0 };
  } finally {
    await endFile();
    mocha.dispose();
  }
}

/** No test and no hook of the suite runs; each test is named with the reason. */
function skipAll(suite: Mocha.Suite, reason: string): void {
  suite.pending = true;
  for (const test of suite.tests) if (!test.fullTitle().includes("[skipped: ")) test.title += ` [skipped: ${reason}]`;
  for (const inner of suite.suites) skipAll(inner, reason);
}

/** Leaves every n-th test; gives how many it has seen. */
function keepPart(suite: Mocha.Suite, [k, n]: readonly [number, number], seen = 0): number {
  suite.tests = suite.tests.filter(() => seen++ % n === k);
  for (const inner of suite.suites) seen = keepPart(inner, [k, n], seen);
  return seen;
}

function run(mocha: Mocha): Promise<Counts> {
  return new Promise((resolve) => {
    const runner = mocha.run(() => resolve(countsOf(runner)));
    runner.on(EVENT_TEST_BEGIN, (test) => tell({ kind: "started", title: test.fullTitle() }));
    runner.on(EVENT_TEST_PASS, () => tell({ kind: "passed" }));
    runner.on(EVENT_TEST_FAIL, (test, error: unknown) => tell({ kind: "failed", title: test.fullTitle(), why: wordsOf(error) }));
    runner.on(EVENT_TEST_PENDING, (test) => tell({ kind: "skipped", title: test.fullTitle() }));
  });
}

function countsOf(runner: Mocha.Runner): Counts {
  const { stats } = runner;
  if (!stats) throw new Error("mocha kept no statistics");
  return { passes: stats.passes, failures: stats.failures, pending: stats.pending };
}

/** A failure's own words and where it happened, short enough for the end of a log. */
function wordsOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.includes("node_modules") && !line.includes("node:internal"));
  return lines.length <= KEPT ? lines.join("\n") : [...lines.slice(0, KEPT / 2), "…", ...lines.slice(-KEPT / 2)].join("\n");
}

main(JSON.parse(process.argv[2] ?? "{}") as WorkerOptions).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
