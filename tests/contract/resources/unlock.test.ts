/** onDelete {unlock}: the documented way to remove a certificate that connectors name, with everything put back. */
import assert from "node:assert/strict";
import { rigForEach, type Program } from "../../support/stories/rig";

const OFFICE = "Outbound to Office 365";

describe("a certificate that connectors name", () => {
  const rig = rigForEach();

  /** v2 is installed beside v1 under the same name, which the connector carries; it is nobody's default. */
  const program =
    (onDelete?: string, certificate = "v2"): Program =>
    async (declare) => {
      const unlock = { organization: rig().host("MBX01"), sourceHosts: ["EDGE01", "EDGE02"].map((name) => rig().host(name)) };
      const host = rig().host("MBX01");
      const more = onDelete === "unlock" ? { onDelete: { unlock } } : {};
      await declare("Certificate", "copy", { host, source: rig().source(certificate), services: [], ...more });
    };
  const v2 = () => rig().thumbprint("v2");
  const running = () => ["EDGE01", "EDGE02"].map((edge) => rig().server(edge).services.MSExchangeTransport);
  const names = () =>
    rig()
      .sendConnectors()
      .map(({ Name, TlsCertificateName }) => [Name, TlsCertificateName]);

  it("stays by default, with a warning that names the connector and the way out", async () => {
    await rig().apply(program());
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    assert.match(
      run.lines.join("\n"),
      /\[DELETE_KEPT\] MBX01: [0-9A-F]{40} stays installed: send connector "Outbound to Office 365" names it \(onDelete: \{unlock\}/,
    );
    assert.ok(rig().certificate("MBX01", v2()));
  });

  it("unlock removes it: stop, clear the name, remove, set the name again, start", async () => {
    await rig().apply(program("unlock"));
    const before = names();
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    assert.equal(rig().certificate("MBX01", v2()), undefined);
    assert.deepEqual(names(), before, "every connector carries its name again");
    assert.deepEqual(running(), ["Running", "Running"]);
    const at = (call: string, from = 0): number => run.mutating.indexOf(call, from);
    const removed = at("MBX01:Remove-ExchangeCertificate");
    const [cleared, set] = [at("MBX01:Set-SendConnector"), run.mutating.lastIndexOf("MBX01:Set-SendConnector")];
    const order = [at("EDGE02:Stop-Service"), cleared, removed, set, at("EDGE01:Start-Service")];
    assert.ok(
      order.every((one, index) => one >= 0 && (index === 0 || one > order[index - 1])),
      run.mutating.join("\n"),
    );
    assert.ok(rig().certificate("MBX01", rig().thumbprint("v1")), "the one that carries the name stays");
    assert.deepEqual(rig().leftovers(), []);
  });

  it("a run that broke off in the middle owes names and starts: the next one pays", async () => {
    await rig().apply(program("unlock"));
    const before = names();
    await rig().control.fault({ host: "MBX01", cmdlet: "Set-SendConnector", nth: 1, times: 1, at: "after", kind: "disconnect" });
    await rig().control.fault({ host: "MBX01", cmdlet: "Remove-ExchangeCertificate", nth: 1, times: 1, at: "before", kind: "disconnect" });
    const broken = await rig().destroy();
    assert.equal(broken.ok, false);
    assert.ok(rig().engine.state.resources.copy, "the stack still has it");
    await rig().control.clearFaults();
    await rig().control.clock(120);
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    assert.equal(rig().certificate("MBX01", v2()), undefined);
    assert.deepEqual(names(), before);
    assert.deepEqual(running(), ["Running", "Running"]);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("back to the old program after a broken run: the certificate stays", async () => {
    await rig().apply(program("unlock"));
    const before = names();
    await rig().control.fault({ host: "EDGE02", cmdlet: "Stop-Service", at: "before", kind: "error" });
    await rig().control.fault({ host: "EDGE01", cmdlet: "Start-Service", at: "before", kind: "error" });
    await rig().fails(program("unlock", "v3"));
    assert.deepEqual(running(), ["Stopped", "Running"], "what the broken run left");
    await rig().apply(program("unlock"));
    assert.ok(rig().certificate("MBX01", v2()));
    assert.deepEqual(running(), ["Running", "Running"]);
    assert.deepEqual(names(), before);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("a source server that cannot be stopped does not keep the others out of service", async () => {
    await rig().apply(program("unlock"));
    await rig().control.fault({ host: "EDGE02", cmdlet: "Stop-Service", at: "before", kind: "error" });
    assert.equal((await rig().destroy()).ok, false);
    assert.deepEqual(running(), ["Running", "Running"]);
  });

  it("the last certificate of its name stays, with a warning", async () => {
    await rig().apply(program("unlock", "v1"));
    const before = names();
    const run = await rig().apply(program("unlock", "v3"));
    assert.deepEqual(run.mutating, ["MBX01:Import-ExchangeCertificate"]);
    assert.match(run.lines.join("\n"), /\[DELETE_KEPT\] MBX01: .*MBX01 would have no other certificate of that name/);
    assert.ok(rig().certificate("MBX01", rig().thumbprint("v1")));
    assert.deepEqual([names(), running()], [before, ["Running", "Running"]]);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("an operator's new name is not written over by the one that was kept", async () => {
    await rig().apply(program("unlock"));
    await rig().control.fault({
      host: "MBX01",
      cmdlet: "Remove-ExchangeCertificate",
      nth: 1,
      times: 1,
      at: "before",
      kind: "error",
      message: "no",
    });
    await rig().destroy();
    await rig().control.clearFaults();
    await rig().control.toggles({ setSendConnector: "lenient" });
    const name = rig().tlsName("v3");
    await rig().control.operator("MBX01", "Set-SendConnector", { Identity: OFFICE, TlsCertificateName: name });
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    assert.equal(rig().sendConnector(OFFICE).TlsCertificateName, name);
  });
});
