/** A failure in the middle: what stays, what the next run takes up, and the way back to the old program. */
import assert from "node:assert/strict";
import { adopted, count, fleet, inService, isNoOp, named, stateOf, stepsOf, storyForAll } from "../support/engine";

const LEFT_OUT =
  /EDGE01 was out of service when this stack last saw it \(since [^)]*, step 4 of 9: the certificate was enabled for SMTP and made the default\); `pulumi up` finishes its rotation/g;

describe("a failure in the middle and a re-run", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });
  const v1 = (): string => story().thumbprint("v1");
  const v2 = (): string => story().thumbprint("v2");

  it("W4 a failure before the default changed puts the Edge back at once", async () => {
    await adopted(story(), program("v1"));
    const up = await story().up(program("v2"), { failPoint: "EDGE01/import.after-cmdlet=error" });
    assert.equal(up.ok, false);
    assert.match(up.output, /\[FAILPOINT\] EDGE01: .*Hint: .*pulumi up/s);
    assert.ok(named(up.seen.mutating).includes("EDGE01:Import-ExchangeCertificate"));
    inService(story(), "EDGE01", v1());
    assert.ok(!story().installed("EDGE01").includes(v2()), "beside its same-name predecessor it would disturb");
    assert.match(up.diagnostics, /EDGE01 is back in service with its old certificate/);
    assert.equal(named(up.seen.mutating).filter((call) => call.startsWith("EDGE02:")).length, 0);
  });

  it("W4 a failure after it leaves the Edge out of service, and no other is touched", async () => {
    const up = await story().up(program("v2"), { failPoint: "EDGE01/export.after-cmdlet=error" });
    assert.equal(up.ok, false);
    const edge = story().server("EDGE01");
    assert.deepEqual([edge.services.MSExchangeTransport, edge.defaultThumbprint], ["Stopped", v2()]);
    assert.equal(named(up.seen.mutating).filter((call) => call.startsWith("EDGE02:")).length, 0);
    inService(story(), "EDGE02", v1());
    assert.equal(story().stack.outputs("edges-edge01-subscription").unfinished, true);
    const preview = await story().preview(program("v2"));
    assert.equal(preview.diagnostics.match(LEFT_OUT)?.length, 1, preview.diagnostics);
    assert.equal(Object.keys(preview.seen.connections).length, 0, "a preview asks nobody");
  });

  it("W11 a refresh keeps what is unfinished and reports the open journal", async () => {
    const refresh = await story().refresh();
    assert.ok(refresh.ok, refresh.output);
    assert.equal(refresh.seen.mutating.length, 0);
    const waiting = new RegExp(`(drift:|unfinished work on) ${v1().slice(0, 8)}`);
    assert.doesNotMatch(refresh.output, waiting, "the old certificate only waits for its deletion");
    assert.equal(story().stack.outputs("edges-edge01-subscription").unfinished, true);
    assert.equal(story().stack.outputs("edges-edge01-transport").unfinished, true, "the journal is open");
    const preview = await story().preview(program("v2"));
    assert.match(preview.diagnostics, /unfinished work on the Edge Subscription is taken up again/);
    assert.match(preview.diagnostics, /\[EDGE01\] out of service: the open rotation is taken up again/);
    assert.equal(preview.diagnostics.match(LEFT_OUT)?.length, 1, preview.diagnostics);
  });

  it("W11 the next up finishes it and does nothing twice", async () => {
    const before = story().stack.outputs("edges-edge01-subscription").revision;
    const up = await story().up(program("v2"));
    assert.ok(up.ok, up.output);
    const edge01 = named(up.seen.mutating).filter((call) => call.startsWith("EDGE01:"));
    assert.ok(!edge01.some((call) => /Suspend-Service|Import-ExchangeCertificate|Enable-ExchangeCertificate/.test(call)), edge01.join());
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, v2());
    assert.notEqual(story().stack.outputs("edges-edge01-subscription").revision, before);
    for (const { outputs } of story().stack.resources())
      assert.deepEqual([outputs?.unfinished, outputs?.outOfService], [undefined, undefined]);
    assert.deepEqual(leftovers(), []);
    const again = await story().up(program("v2"));
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(again.seen.mutating, []);
  });

  /** Files that speak of open work. */
  function leftovers(): string[] {
    return ["MBX01", "EDGE01", "EDGE02"].flatMap((server) =>
      [...story().lab.organisation.files(server).keys()].filter((path) => /^(windows|snapshots|flips)\//.test(path)),
    );
  }
});

describe("a failure in the middle and a return to the old program", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });
  const v1 = (): string => story().thumbprint("v1");
  const v2 = (): string => story().thumbprint("v2");

  it("W7 the old program brings the old certificate back, and no delete hits it", async () => {
    await adopted(story(), program("v1"));
    const failed = await story().up(program("v2"), { failPoint: "EDGE01/import-subscription.after-cmdlet=error" });
    assert.equal(failed.ok, false);
    const back = await story().up(program("v1"));
    assert.ok(back.ok, back.output);
    assert.match(back.diagnostics, /return to an earlier certificate: .*, [0-9A-F]{8}… → [0-9A-F]{8}…/);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, v1());
    assert.ok(stepsOf(back).includes("delete-replaced edges-edge01-certificate"), stepsOf(back).join());
    for (const server of ["EDGE01", "EDGE02", "MBX01"]) assert.ok(story().installed(server).includes(v1()), server);
    assert.ok(!story().installed("EDGE01").includes(v2()), "what was made and replaced is gone");
    assert.equal(named(back.seen.mutating).filter((call) => call.startsWith("EDGE02:")).length, 0);
  });

  it("W7 and the stack says the same as the servers", async () => {
    const before = stateOf(story().stack);
    const again = await story().up(program("v1"));
    assert.ok(isNoOp(again), again.output);
    const refresh = await story().refresh();
    assert.ok(isNoOp(refresh), refresh.output);
    assert.equal(count(refresh, "delete"), 0);
    assert.deepEqual(stateOf(story().stack), before);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, v1());
  });
});
