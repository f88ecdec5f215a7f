import assert from "node:assert/strict";
import type { CmdletValue } from "../../../../lab/model/contract";
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

  it("S15 an identity may be a pattern, which fits what it fits and is never unknown", async () => {
    const lab = await open();
    const named = async (cmdlet: string, Identity: string, host = "MBX01") =>
      (await lab.run(host, cmdlet, { Identity })).map((item) => String(item.Name)).sort();
    assert.deepEqual(await named("Get-SendConnector", "outbound*"), ["Outbound to Office 365"]);
    assert.deepEqual(await named("Get-SendConnector", "*nothing"), []);
    assert.deepEqual(await named("Get-ReceiveConnector", "*\\Client*"), ["Client Frontend MBX01", "Client Proxy MBX01"]);
    assert.deepEqual(await named("Get-ReceiveConnector", "Outbound*"), ["Outbound Proxy Frontend MBX01"]);
    assert.deepEqual(await named("Get-ExchangeServer", "EDGE*"), ["EDGE01", "EDGE02"]);
    assert.deepEqual(await named("Get-TransportService", "EDGE0?"), ["EDGE01", "EDGE02", "MBX01"], "no such server, so everything");
    assert.deepEqual(await named("Get-EdgeSubscription", "*GE02"), ["EDGE02"]);
    assert.deepEqual(await named("Get-AcceptedDomain", "*.com"), ["contoso.com"]);
    const { type } = await lab.failure("MBX01", "Set-SendConnector", { Identity: "Outbound*", Comment: "all" });
    assert.match(type, /ManagementObjectNotFoundException/);
    assert.match((await lab.failure("MBX01", "Get-ReceiveConnector", { Server: "MBX09" })).type, /ManagementObjectNotFoundException/);
  });

  it("S16 -WhatIf changes nothing", async () => {
    const lab = await open();
    const state = () => ({
      ...lab.organisation.state(),
      utc: null,
      servers: null,
      text: JSON.stringify(lab.organisation.state().servers).replace(/"utc":"[^"]*"/g, ""),
    });
    const before = state();
    const office = { Identity: "Outbound to Office 365" };
    const calls: [string, string, { [name: string]: CmdletValue }][] = [
      ["MBX01", "Set-SendConnector", { ...office, Comment: "x" }],
      ["MBX01", "Remove-SendConnector", office],
      ["MBX01", "Set-ReceiveConnector", { Identity: "MBX01\\Client Proxy MBX01", Comment: "x" }],
      ["MBX01", "Set-HybridConfiguration", { TlsCertificateName: null }],
      ["MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01" }],
      ["MBX01", "New-ExchangeCertificate", {}],
      [
        "EDGE01",
        "Set-ServerComponentState",
        { Identity: "EDGE01", Component: "EdgeTransport", Requester: "Maintenance", State: "Inactive" },
      ],
      ["MBX01", "Set-EdgeSyncServiceConfig", { Identity: "EdgeSync", ConfigurationSyncInterval: "00:09:00" }],
    ];
    for (const [host, cmdlet, parameters] of calls) await lab.run(host, cmdlet, { ...parameters, WhatIf: true });
    assert.deepEqual(state(), before);
    const [component] = await lab.run("EDGE01", "Get-ServerComponentState", { Identity: "EDGE01", Component: "EdgeTransport" });
    assert.equal(component.State, "Active");
    await lab.run("MBX01", "Set-EdgeSyncServiceConfig", { Identity: "EdgeSync", LogLevel: "High", ErrorAction: "Stop", WhatIf: true });
    const [config] = await lab.run("MBX01", "Get-EdgeSyncServiceConfig");
    assert.deepEqual([config.ConfigurationSyncInterval, config.LogLevel, "ErrorAction" in config], ["00:03:00", "None", false]);
  });

  it("S17 sizes and domain names are read and printed as Exchange's own types", async () => {
    const lab = await open();
    const Identity = "Outbound to Office 365";
    const sizes = {
      "40MB": "40 MB (41,943,040 bytes)",
      "1536KB": "1.5 MB (1,572,864 bytes)",
      "65,536": "64 KB (65,536 bytes)",
      "20 MB (20,971,520 bytes)": "20 MB (20,971,520 bytes)",
      unlimited: "Unlimited",
    };
    for (const [given, printed] of Object.entries(sizes)) {
      await lab.run("MBX01", "Set-SendConnector", { Identity, MaxMessageSize: given });
      assert.equal((await lab.run("MBX01", "Get-SendConnector", { Identity }))[0].MaxMessageSize, printed);
    }
    const refused = async (cmdlet: string, parameters: { [name: string]: CmdletValue }) =>
      (await lab.failure("MBX01", cmdlet, parameters)).fqid.split(",")[0];
    const receive = { Identity: "MBX01\\Client Proxy MBX01" };
    assert.deepEqual(
      [
        await refused("Set-SendConnector", { Identity, MaxMessageSize: "much" }),
        await refused("Set-SendConnector", { Identity, Fqdn: "mail contoso" }),
        await refused("Set-ReceiveConnector", { ...receive, MaxMessageSize: "unlimited" }),
        await refused("Set-ReceiveConnector", { ...receive, Fqdn: "*.contoso.com" }),
      ],
      Array(4).fill("CannotConvertArgumentNoMessage"),
    );
  });
});
