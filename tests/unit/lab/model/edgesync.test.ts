import assert from "node:assert/strict";
import { closeAll, open, type Lab } from "./support";

/** The whole path of one Edge but the waiting. */
async function rotate(lab: Lab, name: string): Promise<string> {
  const thumbprint = await lab.import("EDGE01", name);
  await lab.enable("EDGE01", thumbprint);
  const file = await lab.export("EDGE01");
  await lab.restartLds("EDGE01");
  await lab.subscribe("MBX01", file);
  return thumbprint;
}

describe("lab model: EdgeSync", () => {
  afterEach(closeAll);

  it("Y1 after a re-subscription the service refuses for 5 minutes, while Test passes", async () => {
    const lab = await open();
    await rotate(lab, "v2");
    const [first] = await lab.sync("MBX01", "EDGE01");
    assert.equal(first.Result, "CouldNotConnect");
    assert.match(String(first.FailureDetails), /LDAP/);
    const [test] = await lab.run("MBX01", "Test-EdgeSynchronization", { TargetServer: "edge01.contoso.com" });
    assert.equal(test.SyncStatus, "Normal");
    lab.advance(299);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "CouldNotConnect");
    lab.advance(2);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "Success");
  });

  it("Y2 a wrong LDAPS key raises 10104 as Error with 1024, and breaks that Edge alone", async () => {
    const lab = await open();
    const v2 = await lab.import("EDGE01", "v2");
    await lab.enable("EDGE01", v2);
    await lab.export("EDGE01");
    await lab.restartLds("EDGE01");
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "CouldNotConnect");
    assert.equal((await lab.sync("MBX01", "EDGE02"))[0].Result, "Success");
    const events = lab.server("MBX01").events.map((event) => [event.id, event.level]);
    assert.deepEqual(events.slice(-2), [
      [10104, "Error"],
      [1024, "Error"],
    ]);
  });

  it("Y3 public keys are compared: a renewal that keeps the key passes", async () => {
    const lab = await open();
    const renewed = await lab.import("EDGE01", "sameKey");
    await lab.enable("EDGE01", renewed);
    await lab.export("EDGE01");
    await lab.restartLds("EDGE01");
    assert.equal(lab.server("EDGE01").ldapsThumbprint, renewed);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "Success");
    lab.organisation.setToggles({ edgeSyncCompares: "certificate" });
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "CouldNotConnect");
  });

  it("Y4 an expired certificate on LDAPS is accepted, but for the second article", async () => {
    const lab = await open();
    lab.advance(12 * 86_400);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "Success");
    lab.organisation.setToggles({ expiredLdapsRefused: true });
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "CouldNotConnect");
  });

  it("Y5 a name over 256 characters: that object is refused, the result Incomplete", async () => {
    const lab = await open();
    await lab.import("MBX01", "longName");
    await lab.run("MBX01", "Enable-ExchangeCertificate", {
      Thumbprint: String((await lab.run("MBX01", "Get-ExchangeCertificate"))[0].Thumbprint),
      Services: "None",
      NetworkServiceAllowed: true,
    });
    const long = (await lab.run("MBX01", "Get-ExchangeCertificate")).find((object) => String(object.Subject).length > 200);
    const name = `<I>${String(long?.Issuer)}<S>${String(long?.Subject)}`;
    assert.ok(name.length > 256);
    await lab.run("MBX01", "Set-SendConnector", { Identity: "Outbound to Office 365", TlsCertificateName: name });
    await lab.run("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", Comment: "changed" });
    const [configuration, recipients] = await lab.sync("MBX01", "EDGE01");
    assert.deepEqual([configuration.Result, recipients.Result], ["Incomplete", "Success"]);
    assert.match(String(configuration.FailureDetails), /\[ExDirectoryException\]/);
    const edge = await lab.run("EDGE01", "Get-SendConnector");
    assert.notEqual(edge.find((bag) => bag.Name === "Outbound to Office 365")?.TlsCertificateName, name);
    assert.equal(edge.find((bag) => bag.Name === "Partner fabrikam")?.Comment, "changed");
    lab.advance(41 * 60);
    const [test] = await lab.run("MBX01", "Test-EdgeSynchronization", { TargetServer: "EDGE01" });
    assert.equal(test.SyncStatus, "Failed");
    const age = (test.UtcNow as Date).getTime() - (test.LastSynchronizedUtc as Date).getTime();
    assert.ok(age < 5 * 60_000, "LastSynchronizedUtc moves even so");
  });

  it("Y6 configuration arrives by itself within the interval of 3 minutes", async () => {
    const lab = await open();
    await lab.run("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", Comment: "later" });
    const comment = async (): Promise<unknown> =>
      (await lab.run("EDGE01", "Get-SendConnector", { Identity: "Partner fabrikam" }))[0].Comment;
    assert.equal(await comment(), "");
    lab.advance(181);
    assert.equal(await comment(), "later");
  });

  it("Y7 an unknown target gives no output at all", async () => {
    const lab = await open();
    assert.deepEqual(await lab.sync("MBX01", "NOWHERE"), []);
  });

  it("Y8 both cmdlets exist on a Hub only", async () => {
    const lab = await open();
    assert.equal((await lab.failure("EDGE01", "Start-EdgeSynchronization")).kind, "CommandNotFound");
    assert.equal((await lab.failure("EDGE01", "Test-EdgeSynchronization")).kind, "CommandNotFound");
  });

  it("Y9 the lease is held during a run: a second start fails, Test is Inconclusive", async () => {
    const lab = await open("contoso", { latencies: { edgeSyncRun: 30 } });
    const running = lab.sync("MBX01", "EDGE01");
    await Promise.resolve();
    const [test] = await lab.run("MBX01", "Test-EdgeSynchronization", { TargetServer: "EDGE01" });
    assert.deepEqual([test.SyncStatus, test.LeaseType, test.RecipientStatus], ["Inconclusive", "Lock", "InProgress"]);
    await lab.failure("MBX01", "Start-EdgeSynchronization", { TargetServer: "EDGE01" });
    lab.advance(31);
    assert.equal((await running)[0].Result, "Success");
  });

  it("Y10 FullCompareMode tells each type, and a difference does not change SyncStatus", async () => {
    const lab = await open();
    await lab.run("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", Comment: "new" });
    const [test] = await lab.run("MBX01", "Test-EdgeSynchronization", { TargetServer: "EDGE01", FullCompareMode: true });
    assert.deepEqual([test.SyncStatus, test.SendConnectorStatus, test.AcceptedDomainStatus], ["Normal", "NotSynchronized", "Synchronized"]);
  });

  it("Y11 a stopped AD LDS: CouldNotConnect, Test Failed", async () => {
    const lab = await open();
    await lab.organisation.service.stop("EDGE01", "ADAM_MSExchange");
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "CouldNotConnect");
    assert.equal((await lab.run("MBX01", "Test-EdgeSynchronization", { TargetServer: "EDGE01" }))[0].SyncStatus, "Failed");
  });

  it("Y12 a missing default is 1032 as Warning, a CNG default 1035", async () => {
    const lab = await open("ebs2008");
    const [result] = await lab.sync("MESSAGING", "SECURITY");
    assert.deepEqual([result.Result, result.FailureDetails], ["CouldNotConnect", ""]);
    const event = lab.server("MESSAGING").events.find((event) => event.id === 1032);
    assert.equal(event?.level, "Warning");
    const cng = await open({
      name: "cng-hub",
      domain: "contoso.com",
      certificates: { cng: { selfSigned: true, subject: "CN=MBX01", domainNames: ["mbx01.contoso.com"] } },
      servers: [
        {
          name: "MBX01",
          fqdn: "mbx01.contoso.com",
          role: "Mailbox",
          certificates: [{ certificate: "cng", smtp: true, keyProvider: "CNG" }],
          default: "cng",
        },
        { name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" },
      ],
      subscriptions: [{ edge: "EDGE01" }],
    });
    await cng.sync("MBX01", "EDGE01");
    assert.ok(cng.eventIds("MBX01").includes(1035));
  });

  it("Y13 no Edge: Test says NoSyncConfigured, Start NoSubscriptions", async () => {
    const lab = await open({
      name: "none",
      domain: "contoso.com",
      servers: [{ name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" }],
    });
    assert.equal((await lab.run("MBX01", "Test-EdgeSynchronization"))[0].SyncStatus, "NoSyncConfigured");
    assert.equal((await lab.run("MBX01", "Start-EdgeSynchronization"))[0].Result, "NoSubscriptions");
  });

  it("Y14 credentials are renewed before they expire, over a year of clock", async () => {
    const lab = await open();
    lab.advance(365 * 86_400);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "Success");
    assert.ok(lab.eventIds("EDGE01").includes(1008));
  });

  it("Y15 a subscription that expired before its first synchronisation (1009)", async () => {
    const lab = await open();
    await lab.run("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false });
    await lab.organisation.service.stop("MBX01", "MSExchangeEdgeSync");
    await lab.subscribe("MBX01", await lab.export("EDGE01"));
    lab.advance(25 * 3600);
    await lab.organisation.service.start("MBX01", "MSExchangeEdgeSync");
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "CouldNotConnect");
    assert.ok(lab.eventIds("EDGE01").includes(1009));
  });
});
