import assert from "node:assert/strict";
import { nextAttempt } from "../../../provider/steps/edgeSync";

/** Moments of all attempts until one that succeeds, in s after the first: EdgeSync refuses for so long. */
function attempts(refusesFor: number, isCached: boolean, took = 1): number[] {
  const moments = [0];
  for (let now = 0; now < refusesFor;) {
    const next = nextAttempt((now + took) * 1000, isCached) / 1000;
    assert.ok(next > now + took);
    moments.push((now = next));
  }
  return moments;
}

describe("attempts to synchronise", () => {
  it("five at most after a re-subscription, whatever is left of the five minutes", () => {
    assert.deepEqual(attempts(299, true), [0, 3, 12, 60, 300]);
    for (let refuses = 0; refuses <= 300; refuses += 10) assert.ok(attempts(refuses, true).length <= 5, `${refuses} s`);
    assert.deepEqual(attempts(0, true), [0]);
    assert.deepEqual(attempts(2, true), [0, 3]);
  });
  it("and every 15 s once the cache can no longer be the reason", () => {
    assert.deepEqual(attempts(330, true), [0, 3, 12, 60, 300, 316, 332]);
  });
  it("otherwise every 15 s: nothing tells when the reason goes", () => {
    assert.deepEqual(attempts(40, false), [0, 3, 12, 28, 44]);
  });
  it("one that takes longer than the pause is followed by the next moment", () => {
    assert.deepEqual(attempts(300, true, 20), [0, 60, 300]);
  });
});
