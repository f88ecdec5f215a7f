/** A run that is killed in the middle, and the way out: `pulumi up --refresh`. */
import assert from "node:assert/strict";
import { adopted, CAN_KILL, fleet, inService, isAlive, isNoOp, killEngine, named, storyForAll } from "../support/engine";
import { until } from "../support/lab";
import { skipUnless } from "../support/skip";

describe("the provider process killed in the middle", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });
  const v1 = (): string => story().thumbprint("v1");

  it("W11 a killed run leaves its journal and its lease on the Edge", async () => {
    await adopted(story(), program("v1"));
    const up = await story().up(program("v2"), { failPoint: "EDGE01/enable.after-cmdlet=kill" });
    assert.equal(up.ok, false);
    assert.equal(story().server("EDGE01").services.MSExchangeTransport, "Stopped");
    assert.match(story().file("EDGE01", "journal.jsonl") ?? "", /"type":"intent","step":"enable"|"step":"enable","type":"intent"/);
  });

  it("W11 up --refresh with the old program brings the old certificate back", async () => {
    await story().afterLease();
    const up = await story().up(program("v1"), { refresh: true });
    assert.ok(up.ok, up.output);
    assert.match(
      up.diagnostics,
      // which other Edges this run knows by then is a matter of who was looked at first
      /EDGE01 is out of service \(since [^)]*, step \d of \d: [^)]*\); (mail goes through EDGE02|without another Edge in its site its mail waits); `pulumi up` finishes it/,
    );
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, v1());
    const again = await story().up(program("v1"));
    assert.ok(isNoOp(again), again.output);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, v1());
  });
});

skipUnless(CAN_KILL, "processes are found through /proc").describe("the engine killed in the middle", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });
  const v2 = (): string => story().thumbprint("v2");

  it("W11 a killed engine leaves a pending operation and no living provider process", async () => {
    await adopted(story(), program("v1"));
    await story().control.fault({ host: "EDGE01", cmdlet: "Enable-ExchangeCertificate", nth: 2, at: "after", kind: "hang" });
    const run = story().up(program("v2"));
    await until(
      "the call that hangs",
      () => named(story().lab.history.entries).filter((call) => call === "EDGE01:Enable-ExchangeCertificate").length >= 2,
      60_000,
    );
    const { killed, orphans } = killEngine();
    assert.ok(killed === 1 && orphans.length >= 1, "the engine, not the provider process");
    const up = await run;
    assert.equal(up.ok, false);
    assert.equal(story().server("EDGE01").defaultThumbprint, v2());
    assert.equal(story().server("EDGE01").services.MSExchangeTransport, "Stopped");
    assert.deepEqual(story().stack.pending(), ["creating edges-edge01-certificate"]);
    await until("the end of the orphaned provider process", () => !orphans.some(isAlive), 60_000);
  });

  it("W11 up --refresh with the new program finishes the rotation", async () => {
    await story().control.clearFaults();
    await story().afterLease();
    await story().stack.cancel();
    const up = await story().up(program("v2"), { refresh: true });
    assert.ok(up.ok, up.output);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, v2());
    assert.ok(!named(up.seen.mutating).includes("EDGE01:Import-ExchangeCertificate"), "the certificate was imported already");
  });

  it("W11 a refresh that clears pending creates leaves nothing pending", async () => {
    const refresh = await story().refresh({ clearPendingCreates: true });
    assert.ok(refresh.ok, refresh.output);
    const up = await story().up(program("v2"));
    assert.ok(isNoOp(up), up.output);
    assert.deepEqual([story().stack.pending(), up.seen.mutating], [[], []]);
  });
});
