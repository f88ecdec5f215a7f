/** A destroy after a first deployment that broke off inside the window, before its TransportService existed. */
import assert from "node:assert/strict";
import { rigForEach, type Program } from "../../support/stories/rig";

const SITE = "Default-First-Site-Name";

describe("destroy of a first deployment that broke off", () => {
  const rig = rigForEach();
  const edge: () => Program = () => async (declare) => {
    const [host, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
    const settings = { host, organization, source: rig().source("v2"), services: ["SMTP"], defaultSmtp: "replace", drain: "hold" };
    const certificate = await declare("Certificate", "certificate", settings);
    const { thumbprint: certificateThumbprint, revision } = certificate;
    const subscription = await declare("EdgeSubscription", "subscription", {
      ...{ edge: host, organization, site: SITE, certificateThumbprint, after: [revision] },
    });
    const after = [revision, subscription.revision];
    await declare("TransportService", "transport", { host, organization, expectThumbprint: certificateThumbprint, after });
  };

  for (const [cmdlet, host] of [
    ["Restart-Service", "EDGE01"],
    ["New-EdgeSubscription", "MBX01"],
  ]) {
    it(`at ${cmdlet} of ${host}: the Edge is put back as it was and into service`, async () => {
      const before = rig().server("EDGE01").defaultThumbprint;
      await rig().control.fault({ host, cmdlet, at: "before", kind: "error" });
      await rig().fails(edge());
      assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Stopped");
      const { ok, lines } = await rig().destroy();
      assert.ok(ok, lines.join("\n"));
      const { services, defaultThumbprint, transportThumbprint, ldapsThumbprint } = rig().server("EDGE01");
      assert.equal(services.MSExchangeTransport, "Running", lines.join("\n"));
      assert.deepEqual([defaultThumbprint, transportThumbprint, ldapsThumbprint], [before, before, before]);
      assert.equal(rig().subscriptions().length, 2);
      assert.deepEqual(rig().leftovers(), []);
    });
  }
});
