import assert from "node:assert/strict";
import type { ScenarioInput } from "../../../lab/open";
import { control } from "../../support/lab";
import { assertFinding, Patient, present } from "./patient";

const CNG: ScenarioInput = {
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
};

describe("doctor: EdgeSync", function () {
  this.timeout(30_000);
  let patient: Patient;
  const admit = async (...scenario: Parameters<typeof Patient.admit>): Promise<Patient> => (patient = await Patient.admit(...scenario));
  afterEach(() => patient.discharge());

  it("R12 no credential was found (1032)", async () => {
    await admit("ebs2008");
    assert.equal(await patient.sync("MESSAGING", "SECURITY"), "CouldNotConnect");
    await patient.logged("MESSAGING", 1032);
    assertFinding(await patient.examine(), "1032", "MESSAGING", {
      seen: [/MSExchange EdgeSync 1032 \(Warning\)/],
      cause: /has no credential for SECURITY/,
      remedy: [/Subscribe SECURITY again: New-EdgeSubscription -FileName/],
    });
  });

  it("R13 a CNG key on the Mailbox default (1035)", async () => {
    await admit(CNG);
    await patient.sync("MBX01", "EDGE01");
    await patient.logged("MBX01", 1035);
    assertFinding(await patient.examine(), "1035", "MBX01", {
      seen: [/is a CNG key/, /MSExchange EdgeSync 1035 \(Error\)/],
      cause: /CAPI keys only/,
      remedy: [/CAPI key the default of MBX01/, /Subscribe EDGE01 again/],
    });
  });

  it("R16 credentials cannot be decrypted: Bad Data (1033)", async () => {
    await admit("contoso", { mailboxDefaultReencrypts: false });
    await patient.enable("MBX01", await patient.import("MBX01", "web"));
    assert.equal(await patient.sync("MBX01", "EDGE01"), "CouldNotConnect");
    await patient.logged("MBX01", 1033);
    assertFinding(await patient.examine(), "1033", "MBX01", {
      seen: [/MSExchange EdgeSync 1033 \(Error\).*Bad Data/],
      cause: /cannot decrypt its credentials for EDGE0[12]/,
      remedy: [/make it the default again/, /Subscribe EDGE0[12] again/],
    });
  });

  it("R15 LDAPS presents another certificate than the stored one (10104)", async () => {
    await admit();
    await patient.enable("EDGE01", await patient.import("EDGE01", "v2"));
    await patient.export("EDGE01");
    await patient.run("EDGE01", "Restart-Service", { Name: "ADAM_MSExchange" });
    assert.equal(await patient.sync("MBX01", "EDGE01"), "CouldNotConnect");
    await patient.logged("MBX01", 10104);
    assertFinding(await patient.examine(), "10104", "MBX01", {
      seen: [/LDAPS of EDGE01 is reachable and presents [0-9A-F]{40}/, /MSExchange EdgeSync 10104 \(Error\)/],
      cause: /AD LDS of EDGE01 presents/,
      remedy: [/New-EdgeSubscription -FileName/, /Restart-Service ADAM_MSExchange/, /New-EdgeSubscription -FileData/],
    });
  });

  it("R23 the LDAP server is called unreachable: AD LDS kept the old certificate", async () => {
    await admit("single-edge");
    const old = String((await patient.run("EDGE01", "Get-TransportService")).objects[0].InternalTransportCertificateThumbprint);
    await patient.enable("EDGE01", await patient.import("EDGE01", "public2"));
    await patient.subscribe("MBX01", await patient.export("EDGE01"));
    await patient.advance(301);
    const { objects } = await patient.run("MBX01", "Start-EdgeSynchronization", { TargetServer: "EDGE01", ForceFullSync: true });
    assert.match(String(objects[0].FailureDetails), /LDAP server is unavailable/);
    const diagnosis = await patient.examine();
    const { remedy } = assertFinding(diagnosis, "10104", "MBX01", {
      seen: [new RegExp(`presents ${old}`), /Test-EdgeSynchronization: EDGE01 is Failed: The LDAP server is unavailable/],
      cause: /a restart before the export keeps the old certificate.*calls the LDAP server unavailable although it answers/,
      remedy: [/1\. .*-FileName.*\n2\. .*ADAM_MSExchange.*\n3\. .*-FileData.*\n4\. Start-EdgeSynchronization/],
    });
    assert.ok(remedy.length >= 4);
    assert.ok(!present(diagnosis).some((one) => one.startsWith("sync-failed") || one.startsWith("1024 ")), "one finding for one cause");
    await patient.resubscribe("EDGE01", "MBX01");
    assert.ok(!present(await patient.examine()).some((one) => one.startsWith("10104")), "the remedy cures it");
  });

  it("a fresh subscription is refused for 5 minutes, which is no finding", async () => {
    await admit();
    await patient.enable("EDGE01", await patient.import("EDGE01", "v2"));
    const file = await patient.export("EDGE01");
    await patient.run("EDGE01", "Restart-Service", { Name: "ADAM_MSExchange" });
    await patient.subscribe("MBX01", file);
    assert.equal(await patient.sync("MBX01", "EDGE01"), "CouldNotConnect");
    const diagnosis = await patient.examine();
    const notice = assertFinding(diagnosis, "10104-cache", "MBX01", {
      seen: [/MSExchange EdgeSync 10104/],
      cause: /presents the right certificate/,
      remedy: [/Wait 5 minutes/],
    });
    assert.equal(notice.severity, "notice");
    assert.ok(!present(diagnosis).some((one) => /^(10104|1024|sync-failed)/.test(one)));
  });

  it("a name over 256 characters is refused by AD LDS (1025)", async () => {
    await admit();
    const thumbprint = await patient.import("MBX01", "longName");
    await patient.run("MBX01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "None", NetworkServiceAllowed: true });
    const { objects } = await patient.run("MBX01", "Get-ExchangeCertificate", { Thumbprint: thumbprint });
    const name = `<I>${String(objects[0].Issuer)}<S>${String(objects[0].Subject)}`;
    await patient.run("MBX01", "Set-SendConnector", { Identity: "Outbound to Office 365", TlsCertificateName: name });
    assert.equal(await patient.sync("MBX01", "EDGE01"), "Incomplete");
    await patient.logged("MBX01", 1025);
    assertFinding(await patient.examine(), "1025", "MBX01", {
      seen: [/Outbound to Office 365 has a TlsCertificateName of \d+ characters/, /MSExchange EdgeSync 1025/],
      cause: /longer than 256 characters/,
      remedy: [/clear the name of Outbound to Office 365/],
    });
  });

  it("a subscription that expired before its first synchronisation (1009)", async () => {
    await admit();
    await patient.run("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false });
    await patient.run("MBX01", "Stop-Service", { Name: "MSExchangeEdgeSync" });
    await patient.subscribe("MBX01", await patient.export("EDGE01"));
    await patient.advance(25 * 3600);
    await patient.run("MBX01", "Start-Service", { Name: "MSExchangeEdgeSync" });
    assert.equal(await patient.sync("MBX01", "EDGE01"), "CouldNotConnect");
    await patient.logged("EDGE01", 1009);
    assertFinding(await patient.examine(), "1009", "EDGE01", {
      seen: [/MSExchange Message Security 1009/],
      cause: /ran out before the first synchronisation/,
      remedy: [/Export a new file on EDGE01/],
    });
  });

  it("an Edge's trouble is told once, by a Mailbox server of its own site", async () => {
    await admit("two-sites");
    const { subscriptions } = (await control(patient.lab).state()) as unknown as { subscriptions: { Name: string; Site: string }[] };
    assert.equal(new Set(subscriptions.map(({ Site }) => Site)).size, 2);
    const edge = subscriptions[0].Name;
    await patient.run(edge, "New-ExchangeCertificate", { Force: true });
    await patient.export(edge);
    await patient.run(edge, "Restart-Service", { Name: "ADAM_MSExchange" });
    const { findings } = await patient.examine();
    assert.deepEqual(
      findings.filter(({ id }) => id === "10104").map(({ object }) => object),
      [edge],
    );
  });

  it("a stopped AD LDS, a paused transport and a stopped EdgeSync are named as such", async () => {
    await admit();
    await patient.run("EDGE01", "Stop-Service", { Name: "ADAM_MSExchange" });
    await patient.run("EDGE02", "Suspend-Service", { Name: "MSExchangeTransport" });
    await patient.run("MBX01", "Stop-Service", { Name: "MSExchangeEdgeSync" });
    const diagnosis = await patient.examine();
    const stopped = diagnosis.findings
      .filter(({ id, host }) => id === "service-not-running" && host === "EDGE01")
      .map(({ object }) => object);
    assert.deepEqual(stopped, ["ADAM_MSExchange", "MSExchangeTransport", "MSExchangeEdgeCredential", "MSExchangeServiceHost"]);
    assertFinding(diagnosis, "service-not-running", "MBX01", {
      seen: [/MSExchangeEdgeSync is Stopped/],
      cause: /nothing is synchronised/,
      remedy: [/Start-Service MSExchangeEdgeSync/],
    });
    assertFinding(diagnosis, "transport-paused", "EDGE02", {
      seen: [/is Paused/],
      cause: /drain of a rotation that has not ended/,
      remedy: [/npx pulumi-exchange resume EDGE02/],
    });
  });
});
