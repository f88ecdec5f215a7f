/** Family 10: two Edges of a site out of service at once, by `maxUnavailable`, and killed or failing together. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describeOutcome, type Case, type Fault } from "../support/faults/cases";
import { family, isFull, isGood, mustConverge, one, type Labelled } from "../support/faults/families";
import { WIDE, WIDE_LATE, type Shape } from "../support/faults/programs";

const FAMILY = "10 two Edges at once";
const SEED = 26;
const BACK: Shape = { ...WIDE, certificate: "v1" };
const OTHERS = ["EDGE03", "EDGE04"];

describe("two Edges of a site at once", function () {
  family(FAMILY);
  const rounds = isFull() ? 100 : 6;
  let points = 0;
  let requests = 0;
  before(async () => {
    const clean = await one({ shape: WIDE, attempts: [[]] });
    assert.ok(isGood(clean), describeOutcome(clean));
    points = clean.points.length;
    requests = clean.requests.length;
    console.log(`      two Edges at once: seed ${SEED}, ${points} fail points, ${requests} requests`);
  });
  /** Moments of a run, the same each time. */
  const moments = (count: number, shift: number): number[] => fc.sample(fc.nat(count - 1), { seed: SEED + shift, numRuns: rounds });
  const at = (index: number, action: "kill" | "error"): Fault => ({ at: "point", index, action });

  /** A case at each of them: the faults of its runs. */
  const each = (shift: number, faults: (index: number) => Fault[][], more: Partial<Case> = {}): Promise<unknown> =>
    mustConverge(
      FAMILY,
      moments(points, shift).map((index): Labelled => [`at ${index}`, { shape: WIDE, attempts: faults(index), ...more }]),
    );

  it("a killed run is gone on with", () => each(0, (index) => [[at(index, "kill")]]));
  it("and so is one that is killed twice", () => each(1, (index) => [[at(index, "kill")], [at(index >> 2, "kill")]]));
  it("back to the old program after a kill", () => each(2, (index) => [[at(index, "kill")]], { goal: BACK }));
  it("an Edge fails while another is out; the next run goes on with both", () => each(3, (index) => [[at(index, "error")]]));
  it("EdgeSync behind the start: a killed run is gone on with, and one that failed", async () => {
    const clean = await one({ shape: WIDE_LATE, attempts: [[]] });
    assert.ok(isGood(clean), describeOutcome(clean));
    await mustConverge(
      FAMILY,
      moments(clean.points.length, 7).map((index, place): Labelled => {
        const action = place % 2 === 0 ? "kill" : "error";
        return [`${action} at ${index}`, { shape: WIDE_LATE, attempts: [[at(index, action)]] }];
      }),
    );
  });
  it("a change of the organisation whose reply is lost", () =>
    mustConverge(
      FAMILY,
      ["New-EdgeSubscription", "Start-EdgeSynchronization", "file.write", "file.createNew"].flatMap((cmdlet) =>
        [1, 2].map((nth): Labelled => {
          const fault = { host: "MBX01", cmdlet, nth, at: "reply", kind: "disconnect" } as const;
          return [`${cmdlet} ${nth}`, { shape: WIDE, attempts: [[{ at: "lab", fault }]] }];
        }),
      ),
    ));
  it("another stack's Edges of the same site never make more", () =>
    mustConverge(
      FAMILY,
      moments(requests >> 1, 5).map((index): Labelled => [
        `beside it from ${index}`,
        {
          shape: { ...WIDE, edges: WIDE.edges!.slice(0, 2), known: OTHERS },
          attempts: [[{ at: "rival", index, edges: OTHERS }]],
          noQuiet: true,
        },
      ]),
    ));
});
