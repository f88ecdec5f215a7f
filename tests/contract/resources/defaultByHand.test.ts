/** A new default that somebody set by hand before `up`: its predecessor of the same name goes in a window that opens anyway. */
import assert from "node:assert/strict";
import { SITE } from "../../support/drift/servers";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("an Edge whose new default was set by hand before up", () => {
  const rig = rigForEach();
  const EDGE = "EDGE01";
  const program =
    (certificate: string, more: object = {}): Program =>
    async (declare) => {
      const [host, organization] = [rig().host(EDGE), rig().host("MBX01")];
      const settings = { source: rig().source(certificate), services: ["SMTP"], defaultSmtp: "replace", drain: "hold" };
      const { thumbprint, revision } = await declare("Certificate", "certificate", { host, organization, ...settings });
      const bind = { edge: host, organization, site: SITE, certificateThumbprint: thumbprint, after: [revision] };
      const bound = await declare("EdgeSubscription", "subscription", bind);
      const service = { host, organization, expectThumbprint: thumbprint, after: [revision, bound.revision], ...more };
      await declare("TransportService", "transport", service);
    };
  const operator = (cmdlet: string, parameters: object, host = EDGE) => rig().control.operator(host, cmdlet, parameters);
  const byHand = async (certificate: string): Promise<void> => {
    const { pfx, password } = rig().source(certificate);
    await operator("Import-ExchangeCertificate", { FileData: { $bytes: pfx }, Password: { $secure: password } });
    await operator("Enable-ExchangeCertificate", { Thumbprint: rig().thumbprint(certificate), Services: "SMTP", Force: true });
  };
  const there = () => ["v1", "v2", "sameKey"].filter((one) => rig().certificate(EDGE, rig().thumbprint(one)) !== undefined);
  const owed = () => [...rig().lab.organisation.files(EDGE).keys()].filter((path) => path.startsWith("leftovers/"));
  const drains = (calls: string[]) => calls.filter((call) => call === `${EDGE}:Stop-Service`).length;

  it("the window of the re-subscription takes the predecessor along", async () => {
    await rig().apply(program("v1"));
    await byHand("v2");
    const run = await rig().apply(program("v2"));
    assert.equal(drains(run.mutating), 1, run.mutating.join("\n"));
    assert.deepEqual([there(), owed()], [["v2"], []], run.lines.join("\n"));
    await rig().settled(program("v2"));
  });

  it("none opens for a leftover: it stays owed, and the next rotation takes it along", async () => {
    await rig().apply(program("v1"));
    await byHand("v2");
    await operator("New-EdgeSubscription", { FileName: "by-hand.xml", Force: true });
    await operator("Restart-Service", { Name: "ADAM_MSExchange" });
    const file = rig().lab.organisation.files(EDGE).get("by-hand.xml")!.toString("base64");
    const parameters = { FileData: { $bytes: file }, Site: SITE, CreateInternetSendConnector: false, CreateInboundSendConnector: false };
    await operator("New-EdgeSubscription", parameters, "MBX01");
    await operator("Start-Service", { Name: "MSExchangeTransport" });
    await operator("Start-EdgeSynchronization", { TargetServer: "edge01.contoso.com", ForceFullSync: true }, "MBX01");
    const run = await rig().apply(program("v2"));
    assert.equal(drains(run.mutating), 0, run.mutating.join("\n"));
    assert.deepEqual([there(), owed().length], [["v1", "v2"], 1], run.lines.join("\n"));
    await rig().settled(program("v2"));
    const next = await rig().apply(program("sameKey"));
    assert.equal(drains(next.mutating), 1);
    assert.deepEqual([there(), owed()], [["sameKey"], []], next.lines.join("\n"));
  });
});
