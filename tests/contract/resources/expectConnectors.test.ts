/** expectConnectors that a program sets: what has not arrived is waited for, what somebody cleared keeps no Edge out of service. */
import assert from "node:assert/strict";
import { rigForEach, type Program } from "../../support/stories/rig";
import { SITE } from "../../support/drift/servers";

const OFFICE = "Outbound to Office 365";

describe("expectConnectors of a TransportService", () => {
  const rig = rigForEach();
  const program =
    (certificate: string, expected: string, more: object = {}): Program =>
    async (declare) => {
      const [host, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
      const settings = { source: rig().source(certificate), services: ["SMTP"], defaultSmtp: "replace", drain: "hold" };
      const { thumbprint, revision } = await declare("Certificate", "certificate", { host, organization, ...settings });
      const bind = { edge: host, organization, site: SITE, certificateThumbprint: thumbprint, after: [revision] };
      const bound = await declare("EdgeSubscription", "subscription", bind);
      const expectConnectors = { [OFFICE]: rig().tlsName(expected) };
      const service = { host, organization, expectThumbprint: thumbprint, expectConnectors, after: [revision, bound.revision], ...more };
      await declare("TransportService", "transport", service);
    };
  const set = (TlsCertificateName: string | null) =>
    rig().control.operator("MBX01", "Set-SendConnector", { Identity: OFFICE, TlsCertificateName, Confirm: false });
  async function brokenOff(): Promise<void> {
    await rig().apply(program("v1", "v1"));
    await rig().control.fault({ host: "EDGE01", cmdlet: "New-EdgeSubscription", at: "before", kind: "error", message: "no" });
    await rig().fails(program("v2", "v1"));
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Stopped");
  }
  const WARNED =
    /EDGE01: the TlsCertificateName of send connector "Outbound to Office 365" was (cleared|changed to \S.*) by hand; expectConnectors/;

  for (const [title, name] of [
    ["cleared", () => null],
    ["changed", () => rig().tlsName("v3")],
  ] as const) {
    it(`a name that was ${title} meanwhile does not keep the Edge out of service`, async () => {
      await rig().control.toggles({ setSendConnector: "lenient" });
      await brokenOff();
      await set(name());
      const run = await rig().apply(program("v2", "v1"));
      assert.match(run.lines.join("\n"), WARNED);
      const { services, transportThumbprint } = rig().server("EDGE01");
      assert.deepEqual([services.MSExchangeTransport, transportThumbprint], ["Running", rig().thumbprint("v2")]);
      assert.equal(rig().sendConnector(OFFICE).TlsCertificateName, name(), "the edit survives");
      assert.deepEqual(rig().leftovers(), []);
    });
  }

  it("a name that was cleared while nothing is open fails no run", async () => {
    await rig().apply(program("v1", "v1"));
    await set(null);
    const forced = { TargetServer: "edge01.contoso.com", ForceFullSync: true };
    await rig().control.operator("MBX01", "Start-EdgeSynchronization", forced);
    const run = await rig().apply(program("v1", "v1", { queueTimeout: 60 }));
    assert.match(run.lines.join("\n"), WARNED);
  });

  it("a name that the organisation does not have is no edit by hand", async () => {
    const { text } = await rig().fails(program("v1", "v3"));
    assert.match(text, /\[READ_BACK_DIFFERS\] EDGE01: "Outbound to Office 365" carries/);
  });
});
