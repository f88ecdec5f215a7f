import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTier } from "../../../tools/testing/runTier";
import type { TierResult } from "../../../tools/testing/summary";

const SKIP = JSON.stringify(join(__dirname, "..", "..", "support", "skip.js"));

describe("test runner: a tier in its own process", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-tier-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(source: string, options: { tierSeconds?: number; grep?: string } = {}): Promise<TierResult> {
    const file = join(folder, "sample.test.js");
    writeFileSync(file, source);
    const tier = { name: "sample", testSeconds: 5, tierSeconds: options.tierSeconds ?? 30 };
    return runTier(tier, [file], { grep: options.grep, quiet: true });
  }

  it("counts, and keeps titles, reasons and seeds", async () => {
    const result = await run(`
      const { skipUnless, skipHere } = require(${SKIP});
      describe("sample", () => {
        it("passes", () => console.log("seed 4711"));
        it("fails", () => { throw new Error("as it should"); });
        skipUnless(false, "no sshd").describe("real server", () => { it("logs on"); it("logs off"); });
        skipUnless(true, "never said").it("runs", () => {});
        it("finds out late", function () { skipHere(this, "no license"); });
        describe("whole suite", () => {
          before(function () { skipHere(this, "no disk"); });
          it("writes", () => {});
        });
      });`);
    const { passed, failed, skipped } = result;
    assert.deepEqual({ passed, failed, skipped }, { passed: 2, failed: 1, skipped: 4 });
    assert.match(result.failures.join("|"), /^sample fails\n    Error: as it should\n[^|]*sample\.test\.js:5/, "title, words and place");
    assert.deepEqual(result.seeds, ["seed 4711"]);
    const reasons = result.skips.map((title) => /\[skipped: (.*)\]/.exec(title)?.[1]);
    assert.deepEqual(reasons.map(String).sort(), ["no disk", "no license", "no sshd", "no sshd"]);
  });

  it("runs what --grep asks for only", async () => {
    const result = await run(`it("one", () => {}); it("two", () => {});`, { grep: "^two$" });
    assert.equal(result.passed, 1);
  });

  it("refuses a forgotten .only", async () => {
    const result = await run(`it.only("one", () => {});`);
    assert.ok(result.failed > 0);
  });

  it("counts a process that dies as a failure", async () => {
    const result = await run(`it("one", () => {}); it("dies", () => process.kill(process.pid, "SIGKILL"));`);
    assert.equal(result.passed, 1);
    assert.match(result.failures.join(), /was ended by SIGKILL, last test begun: dies/);
  });

  it("counts a file that does not load as a failure", async () => {
    const result = await run(`throw new Error("broken file");`);
    assert.match(result.failures.join(), /ended with code 1/);
  });

  it("ends a tier at its deadline", async () => {
    const result = await run(`it("hangs", function () { this.timeout(0); while (true) {} });`, { tierSeconds: 3 });
    assert.match(result.failures.join(), /took longer than 3 s, last test begun: hangs/);
  });
});
