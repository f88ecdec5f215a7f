/** Family 7, second half: after every failing step the user goes back to the old program. */
import assert from "node:assert/strict";
import { describeOutcome, type Outcome } from "../support/faults/cases";
import { family, isGood, mustConverge, one, sample, type Labelled } from "../support/faults/families";
import { SHAPES, type Shape } from "../support/faults/programs";

const FAMILY = "7 back to the old program";

describe("back to the old program after every failing step", function () {
  family(FAMILY);
  for (const [name, shape] of Object.entries(SHAPES)) {
    describe(name, () => {
      let clean: Outcome;
      before(async () => {
        clean = await one({ shape, attempts: [[]] });
        assert.ok(isGood(clean), describeOutcome(clean));
      });
      it("after an error", () => mustConverge(FAMILY, sample(cases(shape, clean, "error"), 24)));
      it("after a kill, with --refresh", () => mustConverge(FAMILY, sample(cases(shape, clean, "kill"), 24)));
      it("after the whole rotation", () =>
        mustConverge(FAMILY, [["all of it", { shape, goal: { ...shape, certificate: "v1" }, attempts: [[]] }]]));
    });
  }
});

function cases(shape: Shape, clean: Outcome, action: "error" | "kill"): Labelled[] {
  return clean.points.map(({ host, step, position }, index) => [
    `${host}/${step}.${position}=${action}`,
    { shape, goal: { ...shape, certificate: "v1" }, attempts: [[{ at: "point", index, action }]] },
  ]);
}
