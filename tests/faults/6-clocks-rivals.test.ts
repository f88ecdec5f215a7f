/** Families 7 (two runs at once) and 8 (clocks that are wrong, and jump). */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Fault, Outcome } from "../support/faults/cases";
import { family, isFull, isOver, mustConverge, one, type Labelled } from "../support/faults/families";
import { SHAPES } from "../support/faults/programs";
import { remark } from "../support/faults/report";

const RIVALS = "7 two runs at once";
const CLOCKS = "8 clocks";
const SKEWS = { "5 minutes ahead": 300, "5 minutes behind": -300, "a day ahead": 86_400, "a day behind": -86_400 };
const SIDES = { "the Edge": ["EDGE01"], "the organisation": ["MBX01"], "the runner": ["MBX01", "EDGE01", "EDGE02"] };

describe("two runs at once", function () {
  family(RIVALS);
  const shape = SHAPES.overwrite;
  const rounds = isFull() ? 1_000 : 100;

  it(`${rounds} rounds at random offsets, of one stack and of two: one winner each`, async () => {
    const { requests } = await one({ shape, attempts: [[]] });
    const offset = fc.record({ index: fc.nat(requests.length - 1), same: fc.boolean() });
    console.log("      rivals: seed 20");
    const cases = fc
      .sample(offset, { seed: 20, numRuns: rounds })
      .map(({ index, same }): Labelled => [
        `${same ? "same stack" : "another stack"} at ${index}`,
        { shape, attempts: [[{ at: "rival", index, same }]], noQuiet: true },
      ]);
    const ends = competitorsOf(await mustConverge(RIVALS, cases));
    remark(`two runs at once, ${rounds} rounds: the second one ended ${tally(ends)}`);
    assert.ok(isOver() || ends.length === rounds);
  });
  it("a second run of the stack does not take the lease of one inside a long call", async () => {
    // From the new default on to EdgeSync's start the first run has minutes before it: long enough for the second one to see it renew.
    const calls = (await one({ shape, attempts: [[]] })).requests.map(({ call }) => call);
    const from = calls.lastIndexOf("Enable-ExchangeCertificate");
    const to = calls.indexOf("Start-EdgeSynchronization");
    assert.ok(to - from >= 40, `${from} to ${to}`);
    const cases = Array.from({ length: 20 }, (_, index): Labelled => {
      const at = from + Math.floor((index * (to - from)) / 19);
      return [`at ${at}`, { shape, attempts: [[{ at: "rival", index: at, same: true }]], noQuiet: true }];
    });
    const ends = competitorsOf(await mustConverge(RIVALS, cases));
    assert.ok(isOver() || tally(ends) === "LEASE_HELD 20×", tally(ends));
  });
  it("the other Edge of the site, while one is out of service: EDGE_WINDOW_BUSY", async () => {
    const cases = Array.from({ length: 25 }, (_, index): Labelled => [
      `at ${10 * index}`,
      { shape, attempts: [[{ at: "rival", index: 10 * index, edges: ["EDGE02"] }]], noQuiet: true },
    ]);
    const ends = competitorsOf(await mustConverge(RIVALS, cases));
    remark(`two Edges at once: the second one ended ${tally(ends)}`);
    assert.ok(isOver() || ends.filter((one) => one === "EDGE_WINDOW_BUSY").length >= 5, tally(ends));
  });
});

const competitorsOf = (outcomes: Outcome[]): string[] =>
  outcomes.flatMap(({ errors }) => errors.flatMap((one) => /^rival: (\w+)$/.exec(one)?.[1] ?? []));
function tally(ends: string[]): string {
  const counts = new Map<string, number>();
  for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  return [...counts].map(([end, count]) => `${end} ${count}×`).join(", ");
}

describe("clocks", function () {
  family(CLOCKS);
  const shape = SHAPES.overwrite;
  const set = (hosts: string[], seconds: number, index: number): Fault[] => hosts.map((host) => ({ at: "clock", index, seconds, host }));
  for (const [side, hosts] of Object.entries(SIDES)) {
    it(`of ${side}: wrong all along, then set right`, () =>
      mustConverge(
        CLOCKS,
        Object.entries(SKEWS).map(([skew, seconds]): Labelled => [
          skew,
          { shape, attempts: [set(hosts, seconds, 0), set(hosts, -seconds, 0)] },
        ]),
      ));
    it(`of ${side}: a jump in the middle, then set right`, () =>
      mustConverge(
        CLOCKS,
        Object.entries(SKEWS).flatMap(([skew, seconds]) =>
          [40, 110, 140, 170].map((index): Labelled => [
            `${skew} at ${index}`,
            { shape, attempts: [set(hosts, seconds, index), set(hosts, -seconds, 0)] },
          ]),
        ),
      ));
  }
});
