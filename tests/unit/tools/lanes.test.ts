import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lanes } from "../../../tools/testing/lanes";
import { PACE_VARIABLE, patientNow, slowness, wallNow } from "../../../tools/testing/patience";
import type { FileResult } from "../../../tools/testing/summary";
import { LIMITS, type Limits } from "../../../tools/testing/workerProcess";

const SUPPORT = join(__dirname, "..", "..", "support");
const TESTING = join(__dirname, "..", "..", "..", "tools", "testing");
const SKIP = JSON.stringify(join(SUPPORT, "skip.js"));
const tier = (name: string) => ({ name, testSeconds: 5, fileSeconds: 1 });

describe("test runner: files in processes of their own", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-lanes-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  interface Options {
    lanes?: number;
    grep?: string;
    limits?: Limits;
    skip?: () => string;
  }

  /** Runs sources as files of one tier. */
  async function runAll(sources: string[], { lanes = 1, grep, limits = LIMITS, skip }: Options = {}): Promise<FileResult[]> {
    const one = tier("sample");
    const files = sources.map((source, index) => {
      const file = join(folder, `${index}.test.js`);
      writeFileSync(file, source);
      return { tier: one, file, name: String(index) };
    });
    const results = await new Lanes(files, { lanes, grep, limits, ...(skip && { skip }) }).run();
    return results.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  const run = async (source: string, options: Options = {}): Promise<FileResult> => (await runAll([source], options))[0];

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
    assert.match(result.failures.join("|"), /^sample fails\n    Error: as it should\n[^|]*0\.test\.js:5/, "title, words and place");
    assert.deepEqual(result.seeds, ["seed 4711"]);
    const reasons = result.skips.map((title) => /\[skipped: (.*)\]/.exec(title)?.[1]);
    assert.deepEqual(reasons.map(String).sort(), ["no disk", "no license", "no sshd", "no sshd"]);
  });

  it("keeps the output of files apart, whatever runs beside them", async () => {
    const talk = (name: string): string => `for (let i = 0; i < 20; i++) it("t" + i, async () => {
      console.log("from ${name}"); await new Promise((r) => setTimeout(r, 1)); console.error("error of ${name}"); });`;
    const results = await runAll(["a", "b", "c", "d"].map(talk), { lanes: 2 });
    for (const [index, name] of ["a", "b", "c", "d"].entries()) {
      const said = [...results[index].output.matchAll(/(?:from|error of) (\w)/g)].map(([, who]) => who);
      assert.deepEqual([said.length, [...new Set(said)]], [40, [name]]);
      assert.equal(results[index].passed, 20);
    }
  });

  it("runs what --grep asks for only", async () => {
    const result = await run(`it("one", () => {}); it("two", () => {});`, { grep: "^two$" });
    assert.equal(result.passed, 1);
  });

  it("refuses a forgotten .only", async () => {
    const result = await run(`it.only("one", () => {});`);
    assert.ok(result.failed > 0);
  });

  it("counts a process that dies as a failure, and goes on with the next file", async () => {
    const [dead, next] = await runAll([
      `it("one", () => {}); it("dies", () => process.kill(process.pid, "SIGKILL"));`,
      `it("lives", () => {});`,
    ]);
    assert.equal(dead.passed, 1);
    assert.match(dead.failures.join(), /was ended by SIGKILL, last test begun: dies/);
    assert.deepEqual([next.passed, next.failed], [1, 0]);
  });

  it("skips a whole file by name, with the reason, and none of its hooks runs", async () => {
    const result = await run(
      `before(() => { throw new Error("hook"); });
       describe("engine", () => { before(() => { throw new Error("hook"); }); it("one", () => {}); describe("in", () => { it("two", () => {}); }); });
       it("three [skipped: no disk]", () => {});`,
      { skip: () => "no engine here" },
    );
    assert.deepEqual([result.passed, result.failed, result.skipped], [0, 0, 3]);
    assert.deepEqual([...result.skips].sort(), [
      "engine in two [skipped: no engine here]",
      "engine one [skipped: no engine here]",
      "three [skipped: no disk]",
    ]);
  });

  it("runs the parts of a file, each test once", async () => {
    const source = `describe("a", () => { for (const n of [1, 2, 3]) it("a" + n, () => console.log("ran a" + n)); });
      describe("b", () => { before(() => console.log("hook of b")); for (const n of [1, 2]) it("b" + n, () => console.log("ran b" + n)); });`;
    const file = join(folder, "parts.test.js");
    writeFileSync(file, source);
    const parts = [0, 1, 2].map((k) => ({ tier: tier("sample"), file, name: "parts", part: [k, 3] as const }));
    const results = await new Lanes(parts, { lanes: 2 }).run();
    const said = results.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ output }) => output.match(/ran \w+|hook of b/g));
    assert.deepEqual(said, [["ran a1", "hook of b", "ran b1"], ["ran a2", "hook of b", "ran b2"], ["ran a3"]]);
    assert.deepEqual(
      results.map(({ name }) => name),
      ["parts 1/3", "parts 2/3", "parts 3/3"],
    );
  });

  it("counts a file that does not load as a failure", async () => {
    const [broken, next] = await runAll([`throw new Error("broken file");`, `it("lives", () => {});`]);
    assert.deepEqual([broken.failed, next.passed], [1, 1]);
    assert.match(broken.failures.join(), /broken file/);
  });

  it("a figure that a file tells belongs to that file", async () => {
    const source = `
      const { count, remark } = require(${JSON.stringify(join(SUPPORT, "faults", "report.js"))});
      it("counts", () => { count("a family", { violations: [], cleanRuns: 1 }); remark("seen"); });`;
    const results = await runAll([source, source]);
    assert.deepEqual(
      results.map(({ figures }) => figures.map(({ rows, remarks }) => [rows.map(([name, { cases }]) => [name, cases]), remarks])),
      [1, 2].map(() => [[[["a family", 1]], ["seen"]]]),
    );
  });

  it("a slow machine times no test out, a slow test does", async () => {
    const before_ = process.env[PACE_VARIABLE];
    const file = join(folder, "pace");
    writeFileSync(file, `${wallNow()} ${patientNow()} 4`);
    process.env[PACE_VARIABLE] = file;
    try {
      const busy = `const busy = (ms) => { const end = Date.now() + ms; while (Date.now() < end); };`;
      const result = await run(`${busy} const wait = (ms) => new Promise((r) => setTimeout(r, ms));
        it("waits", function () { this.timeout(500); return wait(900); });
        it("works", function () { this.timeout(500); busy(900); });
        it("waits too long", function () { this.timeout(100); return wait(900); });
        it("works too long", function () { this.timeout(100); busy(900); });`);
      assert.equal(result.passed, 2, result.failures.join("\n"));
      assert.match(result.failures[0], /^waits too long\n[^]*Timeout of 100ms exceeded/);
      assert.match(result.failures[1], /^works too long\n[^]*Timeout of 100ms exceeded/);
    } finally {
      if (before_ === undefined) delete process.env[PACE_VARIABLE];
      else process.env[PACE_VARIABLE] = before_;
    }
  });

  describe("what hangs", () => {
    // Seconds instead of minutes; the ratio is the real one.
    const short: Limits = { stallMilliseconds: 1_000, stallAtMost: 4_000, silenceMilliseconds: 5_000, silenceAtMost: 10_000 };

    it("a test that waits for what never comes fails by name, and the file goes on", async () => {
      const source = `it("waits", function () { this.timeout(0); return new Promise(() => {}); }); it("goes on", () => {});`;
      const result = await run(source, { limits: short });
      assert.deepEqual([result.passed, result.failed], [1, 1]);
      assert.match(result.failures.join(), /^waits\n.*hangs: it got no further for \d+ s/);
    });

    it("a test that never lets go of its process ends with it, by name", async () => {
      const [hung, next] = await runAll([`it("spins", function () { this.timeout(0); while (true) {} });`, `it("lives", () => {});`], {
        limits: short,
      });
      assert.match(hung.failures.join(), /the process hangs: no sign of life for \d+ s, last test begun: spins/);
      assert.deepEqual([next.passed, next.failed], [1, 0]);
    });

    it("a hook that waits for what never comes fails by name", async () => {
      const source = `describe("suite", () => { before(function () { this.timeout(0); return new Promise(() => {}); }); it("never", () => {}); });`;
      assert.match((await run(source, { limits: short })).failures.join(), /^suite "before all" hook[^\n]*\n.*hangs: it got no further/);
    });

    it("a long test that says that it gets further is none", async () => {
      const source = `
        const { progress, patientNow } = require(${JSON.stringify(join(TESTING, "patience.js"))});
        it("works", async function () {
          this.timeout(0);
          const began = patientNow();
          while (patientNow() - began < 3000) { progress(); await new Promise((r) => setTimeout(r, 20)); }
        });`;
      assert.deepEqual((await run(source, { limits: short })).failures, []);
    });

    it("a limit follows the machine's pace, and ends below five minutes", async () => {
      const began = wallNow();
      const result = await run(`it("waits", () => new Promise(() => {}));`, { limits: { ...short, stallMilliseconds: 3_600_000 } });
      assert.match(result.failures.join(), /hangs: it got no further for \d+ s|Timeout of 5000ms/);
      assert.ok(wallNow() - began >= Math.min(4_000, 5_000 * slowness()) - 1_000);
      for (const most of [LIMITS.stallAtMost, LIMITS.silenceAtMost]) assert.ok(most <= 240_000);
    });
  });
});
