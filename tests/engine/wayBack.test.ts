/** Back to the old program while the second Edge of a fleet is out of service, on the real engine. */
import assert from "node:assert/strict";
import { EdgeTransport } from "pulumi-exchange";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { adopted, fleet, hostsOf, inService, isNoOp, named, pfxSource, SITE, storyForAll } from "../support/engine";

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

describe("the old program of a chain of one's own while its second Edge is out of service", () => {
  const story = storyForAll();
  /** Two Edges, one after the other, of which none is given the other as a peer. */
  const program =
    (certificate: string): PulumiFn =>
    () => {
      const { lab } = story();
      const hosts = hostsOf(lab);
      const settings = { source: pfxSource(lab, certificate), services: ["SMTP" as const], defaultSmtp: "replace" as const };
      const site = { organization: hosts.MBX01, site: SITE, certificate: settings };
      const first = new EdgeTransport("edge01", { edge: hosts.EDGE01, ...site });
      new EdgeTransport("edge02", { edge: hosts.EDGE02, ...site }, { dependsOn: first });
      return Promise.resolve({});
    };

  it("one plain up takes the second Edge back, then gives both the old certificate", async () => {
    await adopted(story(), program("v1"));
    const failed = await story().up(program("v2"), { failPoint: "EDGE02/import-subscription.after-cmdlet=error" });
    assert.equal(failed.ok, false);
    assert.equal(story().server("EDGE02").services.MSExchangeTransport, "Stopped");

    const back = await story().up(program("v1"));
    assert.ok(back.ok, back.output);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, story().thumbprint("v1"));
    const calls = named(back.seen.mutating);
    assert.ok(calls.indexOf("EDGE02:Start-Service") < calls.indexOf("EDGE01:Suspend-Service"), calls.join("\n"));
    const again = await story().up(program("v1"));
    assert.ok(isNoOp(again), again.output);
  });
});
