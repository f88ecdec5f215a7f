/** Another issuer, so another TlsCertificateName, on the connector that both Edges share: it flips last. */
import assert from "node:assert/strict";
import { adopted, fleet, inService, isNoOp, named, OFFICE, PARTNER, stepsOf, storyForAll } from "../support/engine";

describe("issuer change on the connector that both Edges share", () => {
  // EdgeSync's own rounds stay away, so that what arrives was forced
  const story = storyForAll({ latencies: { edgeSyncConfiguration: 86_400 } });
  const program = (certificate: string) => fleet(story().lab, { certificate });
  const v3 = (): string => story().thumbprint("v3");

  it("W3 the preview says that the name flips last", async () => {
    await adopted(story(), program("v1"));
    const preview = await story().preview(program("v3"));
    assert.match(preview.diagnostics, /the issuer changes, connector names flip last/);
    assert.match(preview.diagnostics, /"Outbound to Office 365" flips last: <I>CN=Contoso Issuing CA, .* → <I>CN=Contoso Issuing CA 2, /);
    assert.equal(preview.seen.connections.length, 0);
  });

  it("W3 with --target of one Edge the connector is left as it is", async () => {
    const preview = await story().preview(program("v3"), { target: ["**::edges-edge02**"] });
    assert.ok(preview.ok, preview.output);
    assert.match(preview.diagnostics, /\[EDGE02\] re-subscribe EDGE02/);
    assert.doesNotMatch(preview.diagnostics, /flips last: |changed by hand/);
  });

  it("W3 whole Edges first, then the name, sync, transport by source, deletes last", async () => {
    const up = await story().up(program("v3"));
    assert.ok(up.ok, up.output);
    const calls = named(up.seen.mutating);
    const flip = calls.indexOf("MBX01:Set-SendConnector");
    assert.equal(calls.filter((call) => call === "MBX01:Set-SendConnector").length, 1, calls.join("\n"));
    assert.ok(flip > calls.indexOf("EDGE02:Start-Service"), "after the last Edge is back");
    assert.ok(calls.indexOf("MBX01:Start-EdgeSynchronization", flip) > flip, "forced sync after the flip");
    const restarts = calls.flatMap((call, index) => (index > flip && call.endsWith(":Restart-Service") ? [call] : []));
    assert.deepEqual(restarts, ["EDGE01:Restart-Service", "EDGE02:Restart-Service"]);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, v3());
    const steps = stepsOf(up);
    assert.deepEqual(
      steps.slice(steps.findIndex((step) => step.startsWith("delete"))).map((step) => step.split(" ")[0]),
      Array(3).fill("delete-replaced"),
      steps.join(),
    );
  });

  it("W3 the organisation and each replica carry the new name, other connectors do not", async () => {
    assert.equal(story().connector(OFFICE).TlsCertificateName, story().tlsName("v3"));
    for (const edge of ["EDGE01", "EDGE02"]) {
      const replica = (story().server(edge) as unknown as { sendConnectors: Record<string, unknown>[] }).sendConnectors;
      assert.equal(replica.find(({ Name }) => Name === OFFICE)?.TlsCertificateName, story().tlsName("v3"), edge);
    }
    assert.deepEqual(story().connector(PARTNER).SourceTransportServers, ["EDGE01"]);
    const again = await story().up(program("v3"));
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(again.seen.mutating, []);
  });

  it("W11 the next up finishes a failure between the flip and its arrival", async () => {
    const failed = await story().up(program("v1"), { failPoint: "MBX01/set-connector.after-cmdlet=error" });
    assert.equal(failed.ok, false);
    assert.match(failed.diagnostics, /return to an earlier certificate/);
    assert.equal(story().connector(OFFICE).TlsCertificateName, story().tlsName("v1"));
    const up = await story().up(program("v1"));
    assert.ok(up.ok, up.output);
    const calls = named(up.seen.mutating);
    assert.ok(!calls.includes("MBX01:Set-SendConnector"), "it is set already");
    assert.deepEqual(
      calls.filter((call) => call.endsWith(":Restart-Service")),
      ["EDGE01:Restart-Service", "EDGE02:Restart-Service"],
    );
  });

  it("W2 a newer certificate that would win is accepted until the flip, then removed", async () => {
    for (const edge of ["EDGE01", "EDGE02"]) {
      inService(story(), edge, story().thumbprint("v1"));
      assert.ok(!story().installed(edge).includes(v3()), edge);
    }
    const again = await story().up(program("v1"));
    assert.ok(isNoOp(again), again.output);
  });
});
