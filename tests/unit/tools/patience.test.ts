import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure, slownessOf } from "../../../tools/testing/pace";
import { Deadline, PACE_VARIABLE, parsePace, patientNow, patientTimer, until, wallNow, within } from "../../../tools/testing/patience";

describe("test runner: patient time", () => {
  const before_ = process.env[PACE_VARIABLE];
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-patience-"))));
  afterEach(() => {
    if (before_ === undefined) delete process.env[PACE_VARIABLE];
    else process.env[PACE_VARIABLE] = before_;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs `work` on a machine that is so many times slower. */
  async function slowed(slowness: number, work: () => Promise<void>): Promise<void> {
    const file = join(folder, "pace");
    writeFileSync(file, `${wallNow()} ${patientNow()} ${slowness}`);
    process.env[PACE_VARIABLE] = file;
    // a measurement is believed for a moment
    const wait = wallNow() + 250;
    while (wallNow() < wait) await new Promise((resolve) => setTimeout(resolve, 20));
    await work();
  }

  it("passes as slowly as the machine works", () =>
    slowed(50, async () => {
      const [wall, patient] = [wallNow(), patientNow()];
      await new Promise((resolve) => setTimeout(resolve, 200));
      const ratio = (wallNow() - wall) / (patientNow() - patient);
      assert.ok(ratio > 49 && ratio < 51, String(ratio));
    }));

  it("a deadline of a slow machine is not over when an idle one's would be", () =>
    slowed(1_000, async () => {
      const deadline = new Deadline(20);
      await new Promise((resolve) => setTimeout(resolve, 60));
      assert.equal(deadline.isOver, false);
      writeFileSync(process.env[PACE_VARIABLE]!, `${wallNow()} ${patientNow()} 1`);
      while (!deadline.isOver) await new Promise((resolve) => setTimeout(resolve, 5));
      deadline.refresh();
      assert.equal(new Deadline(1e9).isOver, false);
    }));

  it("what ends in time is not disturbed; what does not is named", async () => {
    assert.equal(await within(Promise.resolve(7), 10_000), 7);
    await assert.rejects(within(new Promise(() => undefined), 50, "the door"), /^Error: the door: no end within 50 ms/);
    await assert.rejects(
      until("nothing", () => false, 30),
      /Not within 30 ms: nothing\./,
    );
    assert.equal(await until("something", () => "there"), "there");
  });

  it("a timer can begin anew and be ended", async () => {
    const fired: string[] = [];
    const ended = patientTimer(40, () => fired.push("ended"));
    ended.clear();
    await new Promise<void>((resolve) => patientTimer(80, resolve));
    assert.deepEqual(fired, []);
  });

  it("slowness is the worst of the latest measurements, and has bounds", () => {
    assert.equal(slownessOf([1, 5, 2]), 5);
    assert.equal(slownessOf([5, 2, 1, 3, 1, 1]), 3);
    assert.equal(slownessOf([0.2]), 1);
    assert.equal(slownessOf([1_000]), 20);
    assert.ok(measure() > 0);
  });

  it("a file that is none is no measurement", () => {
    for (const text of ["", "1 2", "1 2 0", "1 2 NaN", "x y z"]) assert.equal(parsePace(text), undefined);
    assert.deepEqual(parsePace("5 6 7.5"), { at: 5, patient: 6, slowness: 7.5 });
  });
});
