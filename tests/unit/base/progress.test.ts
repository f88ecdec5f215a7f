import assert from "node:assert/strict";
import { forgetSecrets, registerSecret } from "../../../provider/base/redact";
import { label, note, progress, setWatched, setWriter, warn, withProgress } from "../../../provider/base/progress";

describe("progress", () => {
  let lines: string[] = [];
  beforeEach(() => {
    lines = [];
    setWriter((line) => lines.push(line));
  });
  afterEach(() => {
    setWriter();
    setWatched(true);
    forgetSecrets();
  });

  it("writes step lines, notes and warnings, without secrets", async () => {
    registerSecret("Canary-1");
    progress("EDGE01", { step: 3, of: 9 }, "restart AD LDS");
    note("say Canary-1");
    warn("mind Canary-1");
    await withProgress("use Canary-1", Promise.resolve());
    assert.deepEqual(lines.slice(0, 3), ["[EDGE01 3/9] restart AD LDS", "say [secret]", "warning: mind [secret]"]);
    assert(lines.length === 5 && lines.every((line) => !line.includes("Canary")));
  });

  it("shows start and end of a task and gives its value", async () => {
    const value = await withProgress(label("EDGE01", { step: 3, of: 9 }, "restart AD LDS"), async () => 42);
    assert.equal(value, 42);
    assert.deepEqual(lines, ["[EDGE01 3/9] restart AD LDS …", "[EDGE01 3/9] restart AD LDS … 0 s"]);
  });

  it("shows a failed task and passes its error on", async () => {
    const error = new Error("no");
    await assert.rejects(withProgress("x", Promise.reject(error)), error);
    assert.equal(lines.at(-1), "x … failed after 0 s");
  });

  it("says that a slow task is alive, and stops saying so at its end", async () => {
    let finish!: () => void;
    const task = withProgress("slow", new Promise<void>((resolve) => (finish = resolve)), 5);
    await new Promise<void>((resolve) => {
      setWriter((line) => {
        lines.push(line);
        if (lines.filter((text) => text.includes("still running")).length === 2) resolve();
      });
    });
    finish();
    await task;
    assert.match(lines.at(-1)!, /^slow … \d+ s$/);
  });

  it("where nobody watches a step has one line, none when it was short", async () => {
    setWatched(false);
    await withProgress("short", Promise.resolve());
    await withProgress("long", new Promise<void>((resolve) => setTimeout(resolve, 1_010)));
    await assert.rejects(withProgress("failed", Promise.reject(new Error("no"))));
    for (let time = 0; time < 2; time++) note("once");
    assert.deepEqual(lines, ["long … 1 s", "failed … failed after 0 s", "once"]);
  });
});
