/** Family 1: every step, at every position, ends with the process, ours or the host's; then clean runs. */
import assert from "node:assert/strict";
import { describeOutcome, type Fault, type Outcome } from "../support/faults/cases";
import { family, isGood, mustConverge, one, sample, type Labelled } from "../support/faults/families";
import { SHAPES, type Shape } from "../support/faults/programs";
import { historyName } from "../support/faults/wire";

const FAMILY = "1 killed at every step";

describe("killed at every step", function () {
  family(FAMILY);
  for (const [name, shape] of Object.entries(SHAPES)) {
    describe(name, () => {
      let clean: Outcome;
      before(async () => {
        clean = await one({ shape, attempts: [[]] });
        assert.ok(isGood(clean) && clean.cleanRuns === 0, describeOutcome(clean));
      });
      it("provider killed at every fail point", () => mustConverge(FAMILY, sample(points(shape, clean, "kill"), 45)));
      it("an error at every fail point", () => mustConverge(FAMILY, sample(points(shape, clean, "error"), 30)));
      it("provider killed before and after calls that write", () => mustConverge(FAMILY, sample(calls(shape, clean), 24)));
      it("host process killed before, after and in the reply of calls that write", () =>
        mustConverge(FAMILY, sample(hostKills(shape, clean), 24)));
    });
  }
});

function points(shape: Shape, clean: Outcome, action: "kill" | "error"): Labelled[] {
  return clean.points.map(({ host, step, position }, index) => [
    `${host}/${step}.${position}=${action}`,
    { shape, attempts: [[{ at: "point", index, action }]] },
  ]);
}

function calls(shape: Shape, clean: Outcome): Labelled[] {
  return clean.requests.flatMap(({ host, call, mutating, writes }, index) =>
    (mutating || writes ? (["dieBefore", "dieAfter"] as const) : []).map((verdict): Labelled => {
      const fault: Fault = { at: "request", index, verdict };
      return [`${host} ${call} #${index} ${verdict}`, { shape, attempts: [[fault]] }];
    }),
  );
}

function hostKills(shape: Shape, clean: Outcome): Labelled[] {
  const seen = new Map<string, number>();
  return clean.requests
    .filter(({ mutating, writes }) => mutating || writes)
    .flatMap(({ host, call }) => {
      const nth = (seen.get(host + call) ?? 0) + 1;
      seen.set(host + call, nth);
      return (["before", "after", "reply"] as const).map((at): Labelled => {
        const fault: Fault = { at: "lab", fault: { host, cmdlet: historyName(call), nth, at, kind: "kill" } };
        return [`${host} ${call} ${nth} ${at}`, { shape, attempts: [[fault]] }];
      });
    });
}
