/** Family 6: the suite itself is tried: seeded bugs, each of which it has to notice. */
import assert from "node:assert/strict";
import { BUGS } from "../support/faults/bugs";
import { describeOutcome } from "../support/faults/cases";
import { family, isGood, one } from "../support/faults/families";
import { countPlanted } from "../support/faults/report";

describe("seeded bugs", function () {
  family("6 seeded bugs");
  let caught = 0;
  after(() => countPlanted(caught, BUGS.length));

  it("the same faults do no harm without a bug", async () => {
    const outcomes = await Promise.all(BUGS.flatMap(({ name, cases }) => cases.map(async (spec) => ({ name, outcome: await one(spec) }))));
    const bad = outcomes.filter(({ outcome }) => !isGood(outcome));
    assert.equal(bad.length, 0, bad.map(({ name, outcome }) => `${name}: ${describeOutcome(outcome)}`).join("\n"));
  });
  for (const { name, cases } of BUGS) {
    it(`catches: ${name}`, async () => {
      const outcomes = await Promise.all(cases.map((spec) => one({ ...spec, plant: name }).catch((error: Error) => error)));
      const noticed = outcomes.some((outcome) => outcome instanceof Error || !isGood(outcome));
      if (noticed) caught += 1;
      assert.ok(
        noticed,
        `nobody noticed: ${outcomes.map((outcome) => (outcome instanceof Error ? outcome.message : describeOutcome(outcome))).join("; ")}`,
      );
    });
  }
});
