/** Back to the old program while the second Edge of a fleet is out of service, on the real engine. */
import assert from "node:assert/strict";
import { adopted, fleet, inService, isNoOp, named, storyForAll } from "../support/engine";

describe("the old program while the second Edge is out of service", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });

  it("W7 one up takes the second Edge back, then gives both the old certificate", async () => {
    await adopted(story(), program("v1"));
    const failed = await story().up(program("v2"), { failPoint: "EDGE02/import-subscription.after-cmdlet=error" });
    assert.equal(failed.ok, false);
    inService(story(), "EDGE01", story().thumbprint("v2"));
    assert.equal(story().server("EDGE02").services.MSExchangeTransport, "Stopped");

    const back = await story().up(program("v1"));
    assert.ok(back.ok, back.output);
    assert.match(back.diagnostics, /EDGE02 was left out of service by rotation\/dev\/edges-edge02-\w+ at .*: it is taken back first/);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, story().thumbprint("v1"));
    const calls = named(back.seen.mutating);
    assert.ok(calls.indexOf("EDGE02:Start-Service") < calls.indexOf("EDGE01:Suspend-Service"), calls.join("\n"));
  });

  it("W7 and nothing is pending afterwards", async () => {
    const again = await story().up(program("v1"));
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(again.seen.mutating, []);
    const refresh = await story().refresh();
    assert.ok(isNoOp(refresh), refresh.output);
  });
});
