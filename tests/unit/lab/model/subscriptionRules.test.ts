import assert from "node:assert/strict";
import { readSubscriptionFile, writeSubscriptionFile, type SubscriptionFile } from "../../../../lab/model/subscriptionFile";
import { writeSerialisedCertificate } from "../../../../provider/pki";
import { certificateOf, closeAll, open, SITE, type Lab } from "./support";

const DAY = 86_400;

/** The Edge's file with some elements changed by hand. */
async function edited(lab: Lab, edge: string, change: (file: SubscriptionFile) => Partial<SubscriptionFile>): Promise<Buffer> {
  const file = readSubscriptionFile(await lab.export(edge));
  assert.ok(file);
  return writeSubscriptionFile({ ...file, ...change(file) });
}

const refused = async (lab: Lab, file: Buffer, parameters: object = {}): Promise<string> =>
  (await lab.failure("MBX01", "New-EdgeSubscription", { FileData: file, Site: SITE, ...parameters })).type.replace(/^.*\./, "");

describe("lab model: rules of New- and Remove-EdgeSubscription", () => {
  afterEach(closeAll);

  it("E19 the default is read from AD LDS first: with it stopped nothing is changed", async () => {
    const lab = await open();
    const file = await lab.export("EDGE01");
    await lab.organisation.service.stop("EDGE01", "ADAM_MSExchange");
    assert.equal((await lab.failure("EDGE01", "New-EdgeSubscription", { FileName: "a.xml", Force: true })).category, "ResourceUnavailable");
    await lab.failure("EDGE01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false, Force: true });
    await lab.organisation.service.start("EDGE01", "ADAM_MSExchange");
    // The earlier file still opens AD LDS: its bootstrap account was not given another password.
    await lab.run("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false });
    await lab.subscribe("MBX01", file);
    lab.advance(301);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "Success");
  });

  it("E20 fields, certificate's kind, key of a Hub, clock, site: in this order", async () => {
    const lab = await open();
    const late = (file: SubscriptionFile) => ({ EffectiveDate: new Date(file.EffectiveDate.getTime() + 3_600_000) });
    const empty = await edited(lab, "EDGE01", (file) => ({ ...late(file), ESRAPassword: "" }));
    assert.equal(await refused(lab, empty, { Site: "nowhere" }), "InvalidSubscriptionFileException");
    const ec = Buffer.from(writeSerialisedCertificate(certificateOf(lab.certificate("ec").pem).der));
    const notCapi = await edited(lab, "EDGE01", (file) => ({ ...late(file), EdgeCertificateBlob: ec }));
    assert.equal(await refused(lab, notCapi, { Site: "nowhere" }), "InvalidSubscriptionFileException");
    const future = await edited(lab, "EDGE01", late);
    assert.equal(await refused(lab, future, { Site: "nowhere" }), "ClockOutofSyncException");
    assert.equal(await refused(lab, await lab.export("EDGE01"), { Site: "nowhere" }), "ManagementObjectNotFoundException");
    const hubName = await edited(lab, "EDGE01", () => ({ EdgeServerName: "MBX01" }));
    assert.equal(await refused(lab, hubName), "ServerNameConflictException");
  });

  it("E21 no Mailbox server of the Edge's version: NoVersionMatch; some: a question", async () => {
    const servers = [
      { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" as const, version: "15.2.1544.4" },
      { name: "MBX02", fqdn: "mbx02.contoso.com", role: "Mailbox" as const, version: "15.1.2507.6" },
      { name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" as const, version: "15.1.2507.6" },
    ];
    const lab = await open({ name: "versions", domain: "contoso.com", servers });
    const e2010 = await edited(lab, "EDGE01", () => ({ VersionNumber: (14 << 22) | (3 << 16) | 123 }));
    assert.equal(await refused(lab, e2010), "NoVersionMatchException");
    // Which part has to be equal is open; 2016 and 2019 together are supported. // 15.11
    await lab.subscribe("MBX01", await lab.export("EDGE01"));
    lab.organisation.setToggles({ subscriptionVersion: "minor" });
    const file = await lab.export("EDGE01");
    const parameters = { FileData: file, Site: SITE };
    assert.equal((await lab.failure("MBX01", "New-EdgeSubscription", parameters)).kind, "PromptRefused");
    await lab.subscribe("MBX01", file, { Force: true });
  });

  it("E22 the site is known by name and by identity; common properties are there", async () => {
    const lab = await open();
    const [old] = await lab.run("MBX01", "Get-EdgeSubscription", { Identity: "EDGE01" });
    assert.equal(old.Site, `contoso.com/Configuration/Sites/${SITE}`);
    await lab.subscribe("MBX01", await lab.export("EDGE01"), { Site: old.Site as string });
    const names = ["AdminDisplayName", "DistinguishedName", "ExchangeVersion", "Guid", "Id", "Identity", "IsValid", "ObjectCategory"];
    for (const name of [...names, "ObjectClass", "ObjectState", "OrganizationId", "OriginatingServer", "WhenChangedUTC", "WhenCreatedUTC"])
      assert.ok(name in old, name);
  });

  it("E23 another Edge's direct-trust key is accepted, unless the toggle is set", async () => {
    const lab = await open();
    const v1 = readSubscriptionFile(await lab.export("EDGE01"))!.EdgeCertificateBlob;
    const shared = await edited(lab, "EDGE02", () => ({ EdgeCertificateBlob: v1 }));
    await lab.subscribe("MBX01", shared);
    lab.organisation.setToggles({ edgesMayShareKey: false });
    assert.equal(await refused(lab, shared), "InvalidSubscriptionFileException");
  });

  it("E24 accounts lie beside the bootstrap account, in AD LDS's own configuration", async () => {
    const lab = await open();
    const { ESRAUsername } = readSubscriptionFile(await lab.export("EDGE01"))!;
    assert.match(ESRAUsername, /^CN=ESRA\.EDGE01,CN=Services,CN=Configuration,CN=\{[0-9A-F-]{36}\}$/);
    const other = readSubscriptionFile(await lab.export("EDGE02"))!.ESRAUsername;
    assert.notEqual(ESRAUsername.replace(/.*,/, ""), other.replace(/.*,/, ""));
  });

  it("E25 a bind that fails for logons by key only", async () => {
    const lab = await open("contoso", { toggles: { adLdsBind: "failsWithKey" } });
    await lab.export("EDGE01");
    await assert.rejects(lab.runBare("EDGE01", "New-EdgeSubscription", { FileName: "a.xml", Force: true }), /bind to AD LDS/);
  });

  it("Y16 a lease of another Hub: CouldNotLease, with 1024", async () => {
    const servers = [
      { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" as const },
      { name: "MBX02", fqdn: "mbx02.contoso.com", role: "Mailbox" as const },
      { name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" as const },
    ];
    const lab = await open({ name: "lease", domain: "contoso.com", servers, subscriptions: [{ edge: "EDGE01" }] });
    const { edgeSync, world } = lab.organisation.lab;
    lab.advance(1);
    edgeSync.lock("EDGE01", world.server("MBX01"));
    edgeSync.state("EDGE01").running = false;
    const [object] = await lab.sync("MBX02", "EDGE01");
    assert.equal(object.Result, "CouldNotLease");
    assert.ok(lab.eventIds("MBX02").includes(1024));
  });

  it("Y17 a Hub of a site without Edges has no subscriptions", async () => {
    const lab = await open("two-sites");
    const [first, second] = lab.organisation.hostNames.filter((name) => lab.organisation.facts(name).role === "Mailbox");
    const edges = (await lab.run(second, "Get-EdgeSubscription")) as { Name: string; Site: string }[];
    const own = await lab.run(second, "Test-EdgeSynchronization");
    await lab.run(second, "Remove-EdgeSubscription", { Identity: String(own[0].Name), Confirm: false });
    assert.equal(edges.length, 2);
    assert.equal((await lab.run(second, "Start-EdgeSynchronization"))[0].Result, "NoSubscriptions");
    assert.equal((await lab.run(first, "Start-EdgeSynchronization"))[0].Result, "Success");
  });

  it("Y18 an Edge whose default was replaced cannot decrypt new credentials (1005)", async () => {
    const lab = await open();
    const thumbprint = await lab.import("EDGE01", "v2");
    await lab.enable("EDGE01", thumbprint);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "Success");
    // Renewed 7 days before the end of 15, in vain; the old ones count until then.
    lab.advance(9 * DAY);
    assert.ok(lab.eventIds("EDGE01").includes(1005));
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "Success");
    lab.advance(7 * DAY);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "CouldNotConnect");
    assert.equal((await lab.sync("MBX01", "EDGE02"))[0].Result, "Success");
  });

  it("Y19 the articles' levels and lease durations, as toggles", async () => {
    const lab = await open("contoso", { toggles: { edgeSyncLevels: "articles", edgeSyncLease: "concept" } });
    const [config] = await lab.run("MBX01", "Get-EdgeSyncServiceConfig");
    assert.deepEqual([config.LockDuration, config.LockRenewalDuration, config.OptionDuration], ["00:05:00", "00:01:00", "01:00:00"]);
    await lab.enable("EDGE01", await lab.import("EDGE01", "v2"));
    await lab.export("EDGE01");
    await lab.restartLds("EDGE01");
    await lab.sync("MBX01", "EDGE01");
    const level = (): unknown =>
      lab
        .server("MBX01")
        .events.filter(({ id }) => id === 10104)
        .at(-1)?.level;
    assert.equal(level(), "Warning");
    lab.organisation.setToggles({ edgeSyncLevels: "build" });
    await lab.sync("MBX01", "EDGE01");
    assert.equal(level(), "Error");
  });
});
