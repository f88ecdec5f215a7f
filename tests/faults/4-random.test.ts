/** Family 4: random runs of one to four faults, shrunk when they fail; pairs of faults on the path that destroys most. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { describeOutcome, type Fault } from "../support/faults/cases";
import { family, isGood, isFull, isOver, mustConverge, mustGrow, one, randomRuns } from "../support/faults/families";
import { SHAPES } from "../support/faults/programs";
import { randomCase } from "../support/faults/random";
import { begin, count, remark } from "../support/faults/report";
import { REGRESSIONS } from "../support/faults/regressions";
import type { Tree } from "../support/faults/tree";

const RANDOM = "4 random runs";
const PAIRS = "4 pairs of faults";
/** As many as the commit size has time for; `npm run faults -- --runs N` tries more. */
const COMMIT_RUNS = 1_000;
/** A commit is judged by the same runs each time; `npm run faults` draws new ones. */
const COMMIT_SEED = 20_261_122;
const SHRINKS = 40;

describe("random runs", function () {
  this.timeout(isFull() ? 0 : 600_000);
  family(RANDOM);

  it("what failed once", () => mustConverge(RANDOM, REGRESSIONS));

  it(`${randomRuns(COMMIT_RUNS)} runs`, async () => {
    const seed = Number(process.env.FAULTS_SEED ?? (isFull() ? Date.now() % 1_000_000_000 : COMMIT_SEED));
    console.log(`      random faults: seed ${seed} (FAULTS_SEED repeats it)`);
    const cases = fc.sample(randomCase, { seed, numRuns: randomRuns(COMMIT_RUNS) });
    const failed: number[] = [];
    await Promise.all(
      cases.map(async (spec, index) => {
        if (isOver()) return;
        const outcome = await one(spec).catch((error: Error) => ({ cleanRuns: null, violations: [], errors: [error.message] }));
        count(RANDOM, outcome);
        if (outcome.cleanRuns === null || outcome.violations.length > 0) failed.push(index);
      }),
    );
    if (failed.length > 0)
      assert.fail(`${failed.length} of ${cases.length} failed, seed ${seed}; the smallest of the first:\n${await shrunk(seed, failed)}`);
  });

  it("pairs of faults", async () => {
    begin(PAIRS);
    const shape = SHAPES.recreate;
    // First faults that leave the same world are one: what follows cannot tell them apart.
    const firsts = new Map<string, Fault[]>();
    const grown = await mustGrow(
      "",
      [{ shape, before: [], kills: ["points"], errors: true, noQuiet: true }],
      "",
      ({ what, spec, outcome }) => {
        const world = outcome.world ?? what;
        if (!firsts.has(world)) firsts.set(world, spec.attempts[0]);
      },
    );
    const trees = [...firsts.values()].map((first): Tree => ({ shape, before: [first], kills: ["points"], errors: true, noQuiet: true }));
    const { went, all } = await mustGrow(PAIRS, trees);
    assert.ok(isOver() || all > 1_000, `${all} pairs`);
    remark(
      `pairs on the recreate path: ${grown.all} first kills and errors leave ${firsts.size} different worlds; ` +
        `with every second kill and error ${all} pairs, ${went} of them with a world of their own`,
    );
  });
});

/** Replays failed cases by seed and index, and lets fast-check make them smaller. */
async function shrunk(seed: number, failed: number[]): Promise<string> {
  const texts: string[] = [];
  for (const index of failed.sort((a, b) => a - b).slice(0, 3)) {
    let tries = 0;
    const property = fc.asyncProperty(randomCase, async (spec) => tries++ > SHRINKS || isGood(await one(spec)));
    const details = await fc.check(property, { seed, path: String(index), numRuns: 1 });
    const smallest = details.counterexample?.[0];
    if (smallest) texts.push(`${JSON.stringify(smallest)}\n      ${describeOutcome(await one(smallest))}`);
    else texts.push(`index ${index} did not fail again`);
  }
  return texts.join("\n");
}
