/** `npm run demo -- --story outage` as users run it: renewed by hand, mail stands still, one `up`, mail flows. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outage } from "../../tools/demo/outageWords";
import { progress } from "../../tools/testing/patience";

const PROGRAM = join(__dirname, "..", "..", "tools", "demo.js");

describe("the story of the outage", () => {
  it("ends well, and its counts are the lab's", async () => {
    const folder = mkdtempSync(join(tmpdir(), "outage-test-"));
    const env = { ...process.env, TMPDIR: folder, TEMP: folder, TMP: folder };
    const child = spawn(process.execPath, [PROGRAM, "--story", "outage", "--json"], { env, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      progress();
    });
    const [code] = (await once(child, "close")) as [number];
    const told = JSON.parse(output.trimEnd().split("\n").at(-1)!) as Outage & { ok: boolean };
    assert.deepEqual(told.failures, []);
    assert.equal(code, 0);
    assert.equal(told.ok, true);
    assert.deepEqual([told.still.sent, told.still.delivered, told.still.queued], [told.mails, 0, told.mails]);
    assert.deepEqual(told.end, { sent: told.mails, delivered: told.mails, queued: 0, lost: 0 });
    assert.ok(told.up!.mutating > 0);
    assert.deepEqual(readdirSync(folder), [], "nothing is left behind");
    rmSync(folder, { recursive: true });
  });
});
