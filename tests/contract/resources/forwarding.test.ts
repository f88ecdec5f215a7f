/** An SSH server that forwards nothing: nobody can look at a door, and that is known before an Edge is drained. */
import assert from "node:assert/strict";
import { SITE } from "../../support/drift/servers";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("an SSH server that forwards nothing", () => {
  const rig = rigForEach();
  const hosts = () => ({ host: rig().host("EDGE01"), organization: rig().host("MBX01") });
  const certificate = (more: object = {}): Program =>
    rig().one("Certificate", { ...hosts(), source: rig().source("v2"), services: ["SMTP"], ...more });
  const refused = async (program: Program): Promise<string> => {
    const { text, mutating } = await rig().fails(program);
    assert.match(text, /\[FORWARDING_REFUSED\]/);
    assert.doesNotMatch(text, /STARTTLS_NOT_OFFERED/);
    assert.deepEqual(mutating, []);
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    return text;
  };

  it("on the Edge: refused before the drain, accepted once it forwards", async () => {
    await rig().control.forwarding("EDGE01", false);
    assert.match(await refused(certificate()), /EDGE01/i);
    await rig().control.forwarding("EDGE01", true);
    await rig().apply(certificate());
  });

  it("on the organisation's host: refused before the drain", async () => {
    await rig().control.forwarding("MBX01", false);
    assert.match(await refused(certificate({ drain: "hold", defaultSmtp: "replace" })), /LDAPS/);
    await rig().apply(certificate(), { refresh: false });
  });

  it("a subscription that has nothing to do needs no look; one that has is refused", async () => {
    const { host: edge, organization } = hosts();
    const program = (more: object = {}) => rig().one("EdgeSubscription", { edge, organization, site: SITE, ...more });
    await rig().apply(program());
    await rig().control.forwarding("MBX01", false);
    await rig().settled(program());
    await refused(program({ certificateThumbprint: rig().thumbprint("v1") }));
    await rig().control.forwarding("MBX01", true);
    await rig().apply(program({ certificateThumbprint: rig().thumbprint("v1") }));
    await rig().control.forwarding("MBX01", false);
    const { boundThumbprint } = await rig().read("EdgeSubscription");
    assert.equal(boundThumbprint, rig().thumbprint("v1"), "what nobody could look at is no drift");
  });

  it("transport is not started where nobody could look at it; a refresh shows no drift", async () => {
    const program = (more: object = {}) => rig().one("TransportService", { ...hosts(), expectThumbprint: rig().thumbprint("v1"), ...more });
    await rig().apply(program());
    await rig().control.forwarding("EDGE01", false);
    assert.equal((await rig().read("TransportService")).presentedThumbprint, rig().thumbprint("v1"));
    await refused(program({ after: ["another"] }));
  });

  it("a connector is not flipped where its sources could not be looked at", async () => {
    const connector = "Outbound to Office 365";
    const sources = ["EDGE01", "EDGE02"].map((name) => ({ host: rig().host(name), thumbprint: rig().thumbprint("v1") }));
    const own = { host: rig().host("MBX01"), connector, tlsCertificateName: rig().tlsName("v1"), sources };
    const program = (more: object = {}) => rig().one("SendConnectorTls", { ...own, ...more });
    await rig().apply(program());
    await rig().control.forwarding("EDGE02", false);
    await refused(program({ fqdn: "mail.contoso.com" }));
    await rig().settled(program());
  });

  it("a door that is closed is another thing and keeps no rotation from beginning", async () => {
    await rig().control.operator("EDGE01", "Stop-Service", { Name: "MSExchangeTransport", Force: true });
    await rig().apply(certificate());
  });
});
