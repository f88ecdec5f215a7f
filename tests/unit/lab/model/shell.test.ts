import assert from "node:assert/strict";
import { closeAll, open } from "./support";

describe("lab model: the shell", () => {
  afterEach(closeAll);

  it("S1 the article's Remove-ExchangeCertificate -Services is an unknown parameter", async () => {
    const lab = await open();
    const failure = await lab.failure("EDGE01", "Remove-ExchangeCertificate", { Thumbprint: "00", Services: "SMTP" });
    assert.equal(failure.type, "System.Management.Automation.ParameterBindingException");
    // A compiled cmdlet prints its class, a function of implicit remoting its name. // 1.1
    assert.equal(failure.fqid, "NamedParameterNotFound,Microsoft.Exchange.Management.SystemConfigurationTasks.RemoveExchangeCertificate");
    assert.equal(failure.category, "InvalidArgument");
    const mailbox = await lab.failure("MBX01", "Remove-ExchangeCertificate", { Thumbprint: "00", Services: "SMTP" });
    assert.equal(mailbox.fqid, "NamedParameterNotFound,Remove-ExchangeCertificate");
  });

  it("S2 an unknown cmdlet is CommandNotFound", async () => {
    const lab = await open();
    const failure = await lab.failure("EDGE01", "Get-Send-Connector");
    assert.equal(failure.kind, "CommandNotFound");
    assert.equal(failure.fqid, "CommandNotFoundException");
  });

  it("S3 a wrong identity returns everything, or nothing, by toggle", async () => {
    const lab = await open();
    assert.equal((await lab.run("MBX01", "Get-SendConnector", { Identity: "no such" })).length, 4);
    lab.organisation.setToggles({ getWrongIdentity: "error" });
    const failure = await lab.failure("MBX01", "Get-SendConnector", { Identity: "no such" });
    assert.match(failure.type, /ManagementObjectNotFoundException/);
  });

  it("S4 a shell that is not elevated: an access error, or an empty list", async () => {
    const lab = await open("contoso", { toggles: { elevated: false } });
    assert.equal((await lab.failure("MBX01", "Get-ExchangeCertificate")).category, "PermissionDenied");
    assert.equal((await lab.failure("MBX01", "New-ExchangeCertificate", { Force: true })).category, "PermissionDenied");
    lab.organisation.setToggles({ notElevated: "empty" });
    assert.deepEqual(await lab.run("MBX01", "Get-ExchangeCertificate"), []);
  });

  it("S5 deserialised certificates hold RawData alone", async () => {
    const lab = await open("contoso", { toggles: { certificateObjects: "rawData" } });
    const [object] = await lab.run("MBX01", "Get-ExchangeCertificate");
    assert.deepEqual(Object.keys(object).sort(), ["PSComputerName", "PSShowComputerName", "RawData", "RunspaceId"]);
    const [edge] = await lab.run("EDGE01", "Get-ExchangeCertificate");
    assert.equal(typeof edge.Thumbprint, "string");
  });

  it("S6 -Server and -Identity exclude each other, and required parameters are missed", async () => {
    const lab = await open();
    assert.match(
      (await lab.failure("MBX01", "Get-ExchangeCertificate", { Server: "MBX01", Identity: "MBX01\\00" })).fqid,
      /^AmbiguousParameterSet/,
    );
    assert.match((await lab.failure("MBX01", "Set-SendConnector")).fqid, /^MissingMandatoryParameter/);
    assert.match((await lab.failure("EDGE01", "Get-SendConnector", { DomainController: "dc01" })).fqid, /^NamedParameterNotFound/);
  });

  for (const [version, known] of [
    ["15.0.1497.48", true],
    ["15.1.2375.7", true],
    ["15.1.2507.6", false],
    ["15.2.986.5", true],
    ["15.2.1118.7", false],
    ["15.2.2562.17", false],
  ] as const)
    it(`S7 ${version} ${known ? "has" : "has no"} path parameters on certificate cmdlets`, async () => {
      const lab = await open({
        name: `version-${version}`,
        domain: "contoso.com",
        version,
        servers: [{ name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" }],
      });
      const failure = await lab.failure("EDGE01", "Import-ExchangeCertificate", { FileName: "C:\\missing.pfx" });
      assert.equal(failure.fqid.startsWith("NamedParameterNotFound"), !known);
    });

  it("S8 Get-TransportService tells the default, and lists subscribed Edges too", async () => {
    const lab = await open();
    const objects = await lab.run("MBX01", "Get-TransportService");
    assert.deepEqual(
      objects.map((object) => object.Name),
      ["MBX01", "EDGE01", "EDGE02"],
    );
    const [edge] = await lab.run("EDGE01", "Get-TransportService");
    assert.equal(edge.InternalTransportCertificateThumbprint, lab.installed("EDGE01", "v1"));
    // The directory's serialNumber adds 30000 to the build; the shell does not show that.
    const versions = (await lab.run("MBX01", "Get-ExchangeServer")).map((object) => object.AdminDisplayVersion);
    assert.deepEqual([...new Set(versions)], ["Version 15.2 (Build 1544.4)"]);
  });

  it("S9 a wrong type is refused before the cmdlet runs", async () => {
    const lab = await open();
    assert.match(
      (await lab.failure("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", RequireTLS: "yes" })).fqid,
      /^CannotConvertArgument/,
    );
    assert.match((await lab.failure("EDGE01", "Import-ExchangeCertificate", { FileData: "text" })).fqid, /^CannotConvertArgument/);
  });

  it("S10 a parameter may be shortened while it is unique, and has aliases", async () => {
    const lab = await open();
    const [found] = await lab.run("EDGE01", "Get-ExchangeCertificate", { thumb: lab.installed("EDGE01", "v1"), ea: "Stop" });
    assert.equal(found.Thumbprint, lab.installed("EDGE01", "v1"));
    const failure = await lab.failure("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", Tls: "x" });
    assert.match(failure.fqid, /^AmbiguousParameter,/);
    assert.match(failure.message, /-TlsAuthLevel -TlsCertificateName -TlsDomain/);
  });

  it("S11 a mandatory parameter takes neither $null nor an empty string", async () => {
    const lab = await open();
    const nothing = await lab.failure("MBX01", "Set-SendConnector", { Identity: null });
    assert.equal(nothing.type, "System.Management.Automation.ParameterBindingValidationException");
    assert.match(nothing.fqid, /^ParameterArgumentValidationErrorNullNotAllowed,/);
    assert.match((await lab.failure("MBX01", "Set-SendConnector", { Identity: "" })).fqid, /EmptyStringNotAllowed,/);
    // Get-* take it, and may return everything. // [PS:Get-SendConnector]
    assert.equal((await lab.run("MBX01", "Get-SendConnector", { Identity: null })).length, 4);
  });

  it("S12 values are converted as PowerShell does, and a refusal prints no secret", async () => {
    const lab = await open();
    await lab.run("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", Port: "2526", Enabled: 0 });
    const [bag] = await lab.run("MBX01", "Get-SendConnector", { Identity: "Partner fabrikam" });
    assert.deepEqual([bag.Port, bag.Enabled], [2526, false]);
    const wrong = await lab.failure("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", RequireTLS: "yes" });
    assert.match(wrong.message, /Cannot convert value "yes" to type "System\.Boolean"/);
    const secret = await lab.failure("EDGE01", "Import-ExchangeCertificate", { FileData: Buffer.from("x"), Password: "geheim" });
    assert.ok(!secret.message.includes("geheim"));
  });
});
