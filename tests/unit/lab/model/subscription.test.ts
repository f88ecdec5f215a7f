import assert from "node:assert/strict";
import { TimeSpan } from "../../../../lab/model/contract";
import { readSubscriptionFile } from "../../../../lab/model/subscriptionFile";
import { closeAll, open, SITE, type Lab } from "./support";

/** v2 becomes EDGE01's default. */
async function replaceDefault(lab: Lab, name = "v2", edge = "EDGE01"): Promise<string> {
  const thumbprint = await lab.import(edge, name);
  await lab.enable(edge, thumbprint);
  return thumbprint;
}

describe("lab model: Edge subscriptions", () => {
  afterEach(closeAll);

  it("E1 the export pins the default in AD LDS; it is presented after a restart only", async () => {
    const lab = await open();
    const v1 = lab.installed("EDGE01", "v1");
    const v2 = await replaceDefault(lab);
    await lab.export("EDGE01");
    assert.equal(lab.server("EDGE01").ldapsThumbprint, v1);
    await lab.restartLds("EDGE01");
    assert.equal(lab.server("EDGE01").ldapsThumbprint, v2);
  });

  it("E2 the export asks, and refuses a wrong extension and a short duration", async () => {
    const lab = await open();
    assert.equal((await lab.failure("EDGE01", "New-EdgeSubscription", { FileName: "a.xml" })).kind, "PromptRefused");
    await lab.failure("EDGE01", "New-EdgeSubscription", { FileName: "a.txt", Force: true });
    await lab.failure("EDGE01", "New-EdgeSubscription", { FileName: "a.xml", Force: true, AccountExpiryDuration: new TimeSpan(60) });
  });

  it("E3 -FileName exists on the Edge only, -FileData in the organisation only", async () => {
    const lab = await open();
    assert.match((await lab.failure("MBX01", "New-EdgeSubscription", { FileName: "a.xml" })).fqid, /^NamedParameterNotFound/);
    assert.match((await lab.failure("EDGE01", "New-EdgeSubscription", { FileData: Buffer.from("x") })).fqid, /^NamedParameterNotFound/);
  });

  it("E4 the file has the elements, ticks and packed version of 15.5", async () => {
    const lab = await open();
    const bytes = await lab.export("EDGE01");
    const names = [...bytes.toString().matchAll(/<([A-Za-z]+)>[^<]/g)].map(([, name]) => name);
    assert.deepEqual(names.slice(1), [
      "EdgeServerName",
      "EdgeServerFQDN",
      "EdgeCertificateBlob",
      "ESRAUsername",
      "ESRAPassword",
      "EffectiveDate",
      "Duration",
      "AdamSslPort",
      "ServerType",
      "VersionNumber",
      "SerialNumber",
    ]);
    const file = readSubscriptionFile(bytes);
    assert.equal(file?.Duration, 86_400);
    assert.equal(file?.ESRAPassword.length, 20);
    assert.equal(file?.VersionNumber, (15 << 22) | (2 << 16) | 1544);
    assert.match(file?.ESRAUsername ?? "", /^CN=ESRA\.EDGE01,CN=Services,/);
  });

  it("E5 importing over a subscription keeps the object and all sources", async () => {
    const lab = await open();
    const before = await lab.run("MBX01", "Get-SendConnector");
    const [old] = await lab.run("MBX01", "Get-EdgeSubscription", { Identity: "EDGE01" });
    await replaceDefault(lab);
    await lab.subscribe("MBX01", await lab.export("EDGE01"));
    const after = await lab.run("MBX01", "Get-SendConnector");
    assert.deepEqual(
      after.map((bag) => bag.SourceTransportServers),
      before.map((bag) => bag.SourceTransportServers),
    );
    const [now] = await lab.run("MBX01", "Get-EdgeSubscription", { Identity: "EDGE01" });
    assert.equal(now.Guid, old.Guid);
  });

  it("E6 as a toggle, the import drops the Edge from its connectors", async () => {
    const lab = await open("contoso", { toggles: { overwriteKeepsSources: false } });
    await lab.subscribe("MBX01", await lab.export("EDGE01"));
    const [bag] = await lab.run("MBX01", "Get-SendConnector", { Identity: "Partner fabrikam" });
    assert.deepEqual(bag.SourceTransportServers, []);
  });

  it("E7 an Edge must not share a Mailbox default's key", async () => {
    const lab = await open();
    await lab.enable("MBX01", lab.installed("MBX01", "v1"));
    const failure = await lab.failure("MBX01", "New-EdgeSubscription", { FileData: await lab.export("EDGE01"), Site: SITE });
    assert.match(
      failure.message,
      /^The subscription file failed to load for the following reason: The direct trust certificate of the subscribed Edge Transport server with the thumbprint [0-9A-F]{40} is a duplicate of the certificate of one of the Hub Transport servers\. Sharing the same certificate between Edge and Hub Transport servers is not allowed$/,
    );
  });

  it("E8 the file is judged by the importing server's clock, with 5 minutes to spare", async () => {
    const lab = await open();
    const file = await lab.export("EDGE01");
    lab.organisation.advanceClock(-600, "MBX01");
    assert.match((await lab.failure("MBX01", "New-EdgeSubscription", { FileData: file, Site: SITE })).type, /ClockOutofSync/);
    lab.organisation.advanceClock(600 + 86_400 - 240, "MBX01");
    assert.match(
      (await lab.failure("MBX01", "New-EdgeSubscription", { FileData: file, Site: SITE })).type,
      /BootstrapAccountExpireTooSoon/,
    );
    lab.organisation.advanceClock(-86_100, "MBX01");
    await lab.subscribe("MBX01", file);
  });

  it("E9 unknown site, garbage and a missing site are refused", async () => {
    const lab = await open();
    const file = await lab.export("EDGE01");
    await lab.failure("MBX01", "New-EdgeSubscription", { FileData: file, Site: "Nowhere" });
    assert.match(
      (await lab.failure("MBX01", "New-EdgeSubscription", { FileData: Buffer.from("<x/>"), Site: SITE })).type,
      /InvalidSubscriptionFile/,
    );
    assert.match((await lab.failure("MBX01", "New-EdgeSubscription", { FileData: file })).fqid, /^MissingMandatoryParameter/);
  });

  it("E10 another site than before: CannotSubscribeToMultipleSites", async () => {
    const lab = await open("two-sites");
    const failure = await lab.failure("MBX01", "New-EdgeSubscription", { FileData: await lab.export("EDGE01"), Site: "Lisbon" });
    assert.match(failure.type, /CannotSubscribeToMultipleSites/);
  });

  it("E11 a newer export makes an earlier file useless", async () => {
    const lab = await open();
    await lab.run("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false });
    const first = await lab.export("EDGE01");
    await lab.export("EDGE01");
    await lab.subscribe("MBX01", first);
    lab.advance(301);
    const [result] = await lab.sync("MBX01", "EDGE01");
    assert.equal(result.Result, "CouldNotConnect");
    assert.match(String(result.FailureDetails), /credential/);
  });

  it("E12 removal in the organisation deletes connectors whose only source it was", async () => {
    const lab = await open();
    assert.equal((await lab.failure("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01" })).kind, "PromptRefused");
    await lab.run("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false });
    const names = (await lab.run("MBX01", "Get-SendConnector")).map((bag) => bag.Name);
    assert.ok(!names.includes("Partner fabrikam"));
    assert.equal(names.length, 3);
    assert.equal(lab.server("EDGE01").sendConnectors?.length, 4);
    assert.match(
      (await lab.failure("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false })).type,
      /WrongSubscriptionIdentity/,
    );
  });

  it("E13 removal on the Edge wipes what was replicated and brings the cmdlets back", async () => {
    const lab = await open();
    await lab.run("EDGE01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false, Force: true });
    assert.deepEqual(lab.server("EDGE01").sendConnectors, []);
    await lab.run("EDGE01", "New-SendConnector", { Name: "Own", AddressSpaces: ["smtp:*;1"] });
    assert.equal((await lab.run("EDGE01", "Get-SendConnector")).length, 1);
  });

  it("E14 a first subscription deletes local connectors and makes the default ones", async () => {
    const lab = await open({
      name: "first",
      domain: "contoso.com",
      servers: [
        { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" },
        { name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" },
      ],
      acceptedDomains: ["contoso.com"],
    });
    await lab.run("EDGE01", "New-SendConnector", { Name: "Own", AddressSpaces: ["smtp:*;1"] });
    const file = await lab.export("EDGE01");
    assert.deepEqual(await lab.run("EDGE01", "Get-SendConnector"), []);
    await lab.restartLds("EDGE01");
    await lab.run("MBX01", "New-EdgeSubscription", { FileData: file, Site: SITE });
    const connectors = await lab.run("MBX01", "Get-SendConnector");
    assert.deepEqual(
      connectors.map((bag) => [bag.Name, bag.AddressSpaces, bag.SmartHosts, bag.DomainSecureEnabled, bag.SourceTransportServers]),
      [
        [`EdgeSync - ${SITE} to Internet`, ["smtp:*;100"], [], true, ["EDGE01"]],
        [`EdgeSync - Inbound to ${SITE}`, ["smtp:--;100"], ["--"], false, ["EDGE01"]],
      ],
    );
    const [inconclusive] = await lab.run("MBX01", "Test-EdgeSynchronization");
    assert.equal(inconclusive.SyncStatus, "Inconclusive");
    lab.advance(301);
    assert.equal((await lab.sync("MBX01", "EDGE01"))[0].Result, "Success");
    assert.equal((await lab.run("EDGE01", "Get-SendConnector")).length, 2);
  });

  it("E15 Get-EdgeSubscription shows name, site and domain, but no certificate", async () => {
    const lab = await open();
    const [object] = await lab.run("MBX01", "Get-EdgeSubscription", { Identity: "EDGE01" });
    assert.equal(object.Name, "EDGE01");
    assert.equal(object.Domain, "contoso.com");
    assert.ok(String(object.Site).endsWith(SITE));
    assert.ok(!Object.keys(object).some((name) => /certificate|expir/i.test(name)));
    await lab.failure("EDGE01", "Get-EdgeSubscription");
  });

  it("E16 the export needs a CAPI key and its certificate in the store", async () => {
    const lab = await open({
      name: "cng",
      domain: "contoso.com",
      certificates: { cng: { selfSigned: true, subject: "CN=EDGE01", domainNames: ["edge01.contoso.com"] } },
      servers: [
        {
          name: "EDGE01",
          fqdn: "edge01.contoso.com",
          role: "Edge",
          certificates: [{ certificate: "cng", smtp: true, keyProvider: "CNG" }],
          default: "cng",
        },
      ],
    });
    assert.match(
      (await lab.failure("EDGE01", "New-EdgeSubscription", { FileName: "a.xml", Force: true })).message,
      /isn't a CAPI certificate/,
    );
  });

  it("E17 before the first export AD LDS presents the newest usable certificate", async () => {
    const scenario = {
      name: "unsubscribed",
      domain: "contoso.com",
      servers: [{ name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" as const }],
    };
    const lab = await open(scenario);
    assert.equal(lab.server("EDGE01").ldapsThumbprint, lab.server("EDGE01").defaultThumbprint);
    lab.organisation.setToggles({ adLdsBeforeExport: "none" });
    await lab.restartLds("EDGE01");
    assert.equal(lab.organisation.ldapsIdentity("EDGE01"), undefined);
  });

  it("E18 as a toggle, AD LDS prefers the newest certificate of the computer", async () => {
    const lab = await open("contoso", { toggles: { adLdsChoice: "newest" } });
    const v2 = await replaceDefault(lab);
    await lab.restartLds("EDGE01");
    assert.equal(lab.server("EDGE01").ldapsThumbprint, v2);
  });
});
