/** Runs one tier's files in mocha, in a process of its own: what a tier breaks, the next one does not feel. */
import Mocha from "mocha";
import type { Counts, TierMessage, TierRequest } from "./messages";

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
  runner.on(EVENT_TEST_FAIL, (test) => tell({ kind: "failed", title: test.fullTitle() }));
  runner.on(EVENT_TEST_PENDING, (test) => tell({ kind: "skipped", title: test.fullTitle() }));
}

function countsOf(runner: Mocha.Runner): Counts {
  const { stats } = runner;
  if (!stats) throw new Error("mocha kept no statistics");
  return { passes: stats.passes, failures: stats.failures, pending: stats.pending };
}

function tell(message: TierMessage): void {
  process.send?.(message);
}

main(JSON.parse(process.argv[2] ?? "{}") as TierRequest).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
