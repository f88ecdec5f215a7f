/** `npm run demo -- --story outage` as users run it: renewed by hand, mail stands still, one `up`, mail flows. */
import assert from "node:assert/strict";
import type { Outage } from "../../tools/demo/outageWords";
import { Demo } from "../support/demo";

describe("the story of the outage", () => {
  let demo: Demo;
  afterEach(() => demo.remove());

  it("ends well, and its counts are the lab's", async () => {
    demo = new Demo(["--story", "outage"]);
    const code = await demo.end();
    const told = demo.report<Outage & { ok: boolean }>();
    assert.deepEqual(told.failures, []);
    assert.equal(code, 0);
    assert.equal(told.ok, true);
    assert.deepEqual([told.still.sent, told.still.delivered, told.still.queued], [told.mails, 0, told.mails]);
    assert.deepEqual(told.end, { sent: told.mails, delivered: told.mails, queued: 0, lost: 0 });
    assert.ok(told.up!.mutating > 0);
    assert.deepEqual(demo.left(), [], "nothing is left behind");
  });
});
