/** Rotations that the version before broke off at each of its steps, in process (fixtures: tests/support/before). */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { readKept } from "../support/before/kept";
import type { Finished } from "../support/before/worker";

const COMMIT = "6545e7d";
const WORKER = join(__dirname, "..", "support", "before", "worker.js");

describe("rotations that the version before broke off", () => {
  it("one more run finishes each, with all invariants held", async function () {
    this.timeout(240_000);
    const args = ["--enable-source-maps", WORKER, COMMIT];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 50_000_000 });
    const ends = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Finished);
    const kept = readKept(COMMIT).rotations.flatMap(({ breaks }) => breaks);
    assert.equal(ends.length, kept.length, "the process that finishes them ended early");
    assert.ok(kept.length > 80);
    assert.deepEqual(
      ends.filter(({ runs, wrong }) => runs !== 1 || wrong.length > 0),
      [],
    );
  });
});
