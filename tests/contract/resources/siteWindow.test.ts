/** A site's window that was opened for a rotation which then did not begin. */
import assert from "node:assert/strict";
import { until } from "../../support/lab";
import { SITE } from "../../support/drift/servers";
import { livingRun } from "../../support/stories/livingRun";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("a site's window", () => {
  const rig = rigForEach();
  const certificate = (edge: string, name: string) =>
    rig().one("Certificate", {
      ...{ host: rig().host(edge), organization: rig().host("MBX01"), source: rig().source(name), services: ["SMTP"] },
    });

  it("is given back when the rotation breaks off before its journal", async () => {
    // The first exclusive file on the organisation's host is the lease, the second one the window.
    await rig().control.fault({ host: "MBX01", cmdlet: "file.createNew", nth: 2, at: "reply", kind: "kill" });
    await rig().fails(certificate("EDGE01", "v2"));
    assert.deepEqual(rig().leftovers(), []);
    await rig().destroy();
    await rig().apply(certificate("EDGE02", "web"));
  });
});

describe("a run of others on the Mailbox server, while an Edge is out of service", () => {
  const rig = rigForEach();
  const program =
    (name: string): Program =>
    async (declare) => {
      const [host, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
      const settings = { services: ["SMTP"], defaultSmtp: "replace", drain: "hold" };
      const { thumbprint, revision } = await declare("Certificate", "certificate", {
        host,
        organization,
        source: rig().source(name),
        ...settings,
      });
      const subscription = { edge: host, organization, site: SITE, certificateThumbprint: thumbprint, after: [revision] };
      const bound = await declare("EdgeSubscription", "subscription", subscription);
      await declare("TransportService", "transport", { host, organization, expectThumbprint: thumbprint, after: [bound.revision] });
    };

  it("is waited for: the rotation ends in the same run", async () => {
    await rig().apply(program("v1"));
    // long enough for the other run to be there before the subscription is imported
    await rig().control.fault({ host: "EDGE01", cmdlet: "New-EdgeSubscription", at: "before", kind: "delay", ms: 2_000 });
    const before = rig().lab.history.entries.length;
    const rotation = rig().apply(program("v2"));
    const stopped = (): boolean =>
      rig()
        .lab.history.entries.slice(before)
        .some(({ host, cmdlet }) => host === "EDGE01" && cmdlet === "Stop-Service");
    await until("transport of EDGE01 is stopped", () => Promise.resolve(stopped()), 30_000);
    const end = await livingRun(rig(), "MBX01", 20);
    const { mutating } = await rotation;
    await end();
    assert.ok(mutating.includes("MBX01:New-EdgeSubscription"), mutating.join());
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    assert.deepEqual(rig().leftovers(), []);
  });
});
