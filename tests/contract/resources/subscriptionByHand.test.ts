/** Edge Subscriptions that somebody touched by hand: what is made good, and what is refused before the Edge leaves service. */
import assert from "node:assert/strict";
import { synchronized } from "../../support/stories/mail";
import { SITE } from "../../support/drift/servers";
import { rigForEach, type Rig } from "../../support/stories/rig";

/** What makes up a connector, without what is new with every object. */
function connectorsOf(rig: Rig): unknown[] {
  const shown = ["Name", "AddressSpaces", "TlsCertificateName", "RequireTLS", "TlsDomain", "SmartHosts", "MaxMessageSize", "Comment"];
  const bare = rig.sendConnectors().map((one) => ({
    ...Object.fromEntries(shown.map((property) => [property, one[property]])),
    sources: [...(one.SourceTransportServers as string[])].sort(),
  }));
  return bare.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe("EdgeSubscription after a hand", () => {
  const rig = rigForEach();
  const subscription = (more: object = {}) =>
    rig().one("EdgeSubscription", { edge: rig().host("EDGE01"), organization: rig().host("MBX01"), site: SITE, ...more });

  it("the Edge stays in service where its default became a Mailbox server's too", async () => {
    await rig().apply(subscription());
    await rig().control.toggles({ mailboxDefaultReencrypts: false });
    const parameters = { Thumbprint: rig().thumbprint("v1"), Services: "SMTP", Force: true };
    await rig().control.operator("MBX01", "Enable-ExchangeCertificate", parameters);
    await rig().control.clock(3600);
    const run = await rig().up(subscription(), { refresh: true });
    assert.match(
      String(run.error?.message),
      /\[CERTIFICATE_IS_MAILBOX_DEFAULT\] EDGE01: [0-9A-F]{40} is the default certificate of Mailbox server MBX01 too/,
    );
    assert.deepEqual(
      run.mutating.filter((call) => call.startsWith("EDGE01")),
      [],
    );
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    assert.deepEqual(rig().leftovers(), []);
  });

  it("a removal by hand is made good after a crash in the middle, too", async () => {
    const connectors = connectorsOf(rig());
    await rig().apply(subscription());
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Force: true, Confirm: false });
    await rig().control.fault({ host: "MBX01", cmdlet: "New-SendConnector", nth: 1, at: "before", kind: "disconnect" });
    assert.equal((await rig().up(subscription(), { refresh: true })).ok, false);
    await rig().apply(subscription());
    assert.deepEqual(connectorsOf(rig()), connectors);
    assert.equal((await synchronized(rig(), "MBX01", "EDGE01")).status, "Normal");
    assert.deepEqual(rig().leftovers(), []);
  });

  it("with allowConnectorLoss what went with the subscription stays away", async () => {
    await rig().apply(subscription({ allowConnectorLoss: true }));
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Force: true, Confirm: false });
    const left = connectorsOf(rig());
    await rig().apply(subscription({ allowConnectorLoss: true }), { refresh: true });
    assert.deepEqual(connectorsOf(rig()), left);
    assert.equal(rig().server("EDGE01").subscribed, true);
  });
});
