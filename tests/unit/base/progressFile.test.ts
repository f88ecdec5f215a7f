/** Every line of a run in a file too, and the command that follows it. */
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { note, setCopy, setWatched, setWriter, warn, withProgress } from "../../../provider/base/progress";
import { fileWriter, progressFile } from "../../../provider/base/progressFile";
import { forgetSecrets, registerSecret } from "../../../provider/base/redact";
import { follow } from "../../../provider/cli/follow";
import { until } from "../../support/lab";

describe("the file of progress", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "progress-"))));
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => {
    setCopy();
    setWriter();
    setWatched(true);
    forgetSecrets();
  });

  it("lies in the cache folder, where PULUMI_EXCHANGE_LOG says, or nowhere", () => {
    assert.equal(progressFile({}), join(homedir(), ".cache", "pulumi-exchange", "progress.log"));
    assert.equal(progressFile({ PULUMI_EXCHANGE_LOG: "/var/log/px.log" }), "/var/log/px.log");
    assert.equal(progressFile({ PULUMI_EXCHANGE_LOG: "off" }), undefined);
  });

  it("has every line, redacted, also those that nobody watches", async () => {
    const file = join(folder, "new", "progress.log");
    const shown: string[] = [];
    setWriter((line) => shown.push(line));
    setCopy(fileWriter(file, () => new Date("2026-11-30T08:00:00Z")));
    setWatched(false);
    registerSecret("Canary-secret");
    note("[EDGE01] renew: 9 days left, password Canary-secret");
    warn("something");
    note("said twice");
    note("said twice");
    await withProgress("[EDGE01 3/9] restart AD LDS", Promise.resolve());
    const head = `2026-11-30T08:00:00Z ${process.pid} `;
    assert.deepEqual(readFileSync(file, "utf8").split("\n"), [
      `${head}[EDGE01] renew: 9 days left, password [secret]`,
      `${head}warning: something`,
      `${head}said twice`,
      `${head}said twice`,
      `${head}[EDGE01 3/9] restart AD LDS …`,
      `${head}[EDGE01 3/9] restart AD LDS … 0 s`,
      "",
    ]);
    assert.equal(shown.length, 3, "the run's own output is as short as before");
    if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("is put aside when it is large, and a folder that cannot be written is no failure", () => {
    const file = join(folder, "large.log");
    writeFileSync(file, "x".repeat(2_000_001));
    fileWriter(file)("new");
    assert.ok(existsSync(`${file}.1`) && statSync(file).size < 100);
    fileWriter(join(file, "below", "a", "file.log"))("nothing happens");
  });

  it("is followed: the last lines, and what comes", async () => {
    const file = join(folder, "followed.log");
    writeFileSync(file, "one\ntwo\nthree\nhal");
    const lines: string[] = [];
    const write = process.stdout.write.bind(process.stdout);
    const ended = new AbortController();
    process.stdout.write = (text: string) => (lines.push(text.trimEnd()), true);
    try {
      const following = follow(file, 2, true, ended.signal);
      await until("the last two", () => lines.includes("three"));
      appendFileSync(file, "f a line\n");
      await until("what came", () => lines.includes("half a line"));
      ended.abort();
      await following;
    } finally {
      process.stdout.write = write;
    }
    assert.deepEqual(lines, ["two", "three", "half a line"]);
  });
});
