/** Runs one tier's files in mocha, in a process of its own: what a tier breaks, the next one does not feel. */
import Mocha from "mocha";
import type { Counts, TierMessage, TierRequest } from "./messages";

/** Lines of a failure that are told. */
const KEPT = 40;

const { EVENT_TEST_BEGIN, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING } = Mocha.Runner.constants;

async function main(request: TierRequest): Promise<void> {
  const mocha = new Mocha({
    reporter: "spec",
    timeout: request.testMilliseconds,
    forbidOnly: true,
    color: request.color,
    ...(request.grep === undefined ? {} : { grep: new RegExp(request.grep) }),
  });
  // What a suite begins early it need not begin for a few titles.
  if (request.grep !== undefined) process.env.TESTS_FILTERED = request.grep;
  for (const file of request.files) mocha.addFile(file);
  await mocha.loadFilesAsync();
  const runner = mocha.run(() => tell({ kind: "end", counts: countsOf(runner) }));
  runner.on(EVENT_TEST_BEGIN, (test) => tell({ kind: "started", title: test.fullTitle() }));
  runner.on(EVENT_TEST_PASS, () => tell({ kind: "passed" }));
  runner.on(EVENT_TEST_FAIL, (test, error: unknown) => tell({ kind: "failed", title: test.fullTitle(), why: wordsOf(error) }));
  runner.on(EVENT_TEST_PENDING, (test) => tell({ kind: "skipped", title: test.fullTitle() }));
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

function tell(message: TierMessage): void {
  process.send?.(message);
}

main(JSON.parse(process.argv[2] ?? "{}") as TierRequest).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
