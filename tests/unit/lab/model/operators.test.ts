/** What scripts of administrators use beside the cmdlets of a rotation: queues, health, transport's settings. */
import assert from "node:assert/strict";
import { closeAll, open, type Parameters } from "./support";

/** MBX01 with mail for outside, which no Edge takes. */
async function withRetry() {
  const lab = await open();
  for (const edge of ["EDGE01", "EDGE02"]) await lab.organisation.service.stop(edge, "MSExchangeTransport");
  await lab.mail("MBX01", "one", "someone@fabrikam.com");
  lab.advance(30);
  const [queue] = await lab.run("MBX01", "Get-Queue", { Filter: "Status -eq 'Retry'" });
  const start = () => lab.organisation.service.start("EDGE01", "MSExchangeTransport");
  const status = async () => (await lab.run("MBX01", "Get-Queue", { Identity: String(queue.Identity) }))[0].Status;
  return { lab, queue: String(queue.Identity), start, status };
}

describe("lab model: what operators' scripts use", () => {
  afterEach(closeAll);

  it("M14 nothing leaves a suspended queue until it is resumed", async () => {
    const { lab, queue, start, status } = await withRetry();
    await lab.run("MBX01", "Suspend-Queue", { Identity: queue, WhatIf: true });
    assert.equal(await status(), "Retry");
    await lab.run("MBX01", "Suspend-Queue", { Identity: queue, Confirm: false });
    await start();
    lab.advance(3600);
    assert.deepEqual([await status(), lab.counters.delivered], ["Suspended", 0]);
    await lab.run("MBX01", "Resume-Queue", { Filter: "Status -eq 'Suspended'" });
    lab.advance(30);
    assert.equal(lab.counters.delivered, 1);
  });

  it("M15 Retry-Queue tries at once; what is unreachable needs -Resubmit", async () => {
    const { lab, queue, start } = await withRetry();
    await start();
    await lab.run("MBX01", "Retry-Queue", { Identity: queue });
    lab.advance(10);
    assert.equal(lab.counters.delivered, 1);
    const both: Parameters[] = [
      { Identity: queue, Filter: "MessageCount -gt 0" },
      { Identity: queue, Server: "MBX01" },
    ];
    for (const parameters of both) assert.match((await lab.failure("MBX01", "Retry-Queue", parameters)).fqid, /^AmbiguousParameterSet/);
    assert.match((await lab.failure("MBX01", "Retry-Queue", {})).fqid, /^MissingMandatoryParameter/);
    assert.match((await lab.failure("MBX01", "Retry-Queue", { Identity: "MBX01\\4711" })).type, /ManagementObjectNotFound/);
  });

  it("M16 Get-Message tells the mails of a queue, by identity, queue and filter", async () => {
    const { lab, queue } = await withRetry();
    const [message] = await lab.run("MBX01", "Get-Message", { Queue: queue, IncludeRecipientInfo: true });
    assert.deepEqual([message.InternetMessageId, message.Status, message.Recipients], ["<one>", "Retry", ["someone@fabrikam.com"]]);
    assert.match(String(message.LastError), /^441 4\.4\.1/);
    const ways: Parameters[] = [{ Identity: String(message.Identity) }, { Filter: "Status -eq 'Retry'" }, { Server: "MBX01" }];
    for (const by of ways)
      assert.deepEqual(
        (await lab.run("MBX01", "Get-Message", by)).map(({ Identity }) => Identity),
        [message.Identity],
      );
    assert.deepEqual(await lab.run("MBX01", "Get-Message", { Filter: "FromAddress -like '*@nowhere.example'" }), []);
  });

  it("M17 Redirect-Message empties a Mailbox server's queues into another's", async () => {
    const lab = await open("two-sites");
    const [from, to] = lab.organisation.hostNames.filter((name) => lab.organisation.facts(name).role === "Mailbox");
    for (const name of lab.organisation.hostNames)
      if (lab.organisation.facts(name).role === "Edge") await lab.organisation.service.stop(name, "MSExchangeTransport");
    await lab.mail(from, "one", "someone@fabrikam.com");
    lab.advance(30);
    const held = async (server: string) => (await lab.run(server, "Get-Message")).length;
    assert.deepEqual([await held(from), await held(to)], [1, 0]);
    await lab.failure(from, "Redirect-Message", { Server: from, Target: from });
    await lab.run(from, "Redirect-Message", { Server: from, Target: lab.organisation.facts(to).fqdn });
    assert.deepEqual([await held(from), await held(to), lab.counters.queued], [0, 1, 1]);
  });

  it("S18 Test-ServiceHealth and Get-HealthReport say what does not run", async () => {
    const lab = await open();
    const [before] = await lab.run("EDGE01", "Test-ServiceHealth");
    assert.deepEqual([before.RequiredServicesRunning, before.ServicesNotRunning], [true, []]);
    await lab.organisation.service.stop("EDGE01", "ADAM_MSExchange");
    const [after] = await lab.run("EDGE01", "Test-ServiceHealth");
    assert.equal(after.RequiredServicesRunning, false);
    assert.ok((after.ServicesNotRunning as string[]).includes("MSExchangeTransport"));
    const roles = await lab.run("MBX01", "Test-ServiceHealth", { Server: "mbx01.contoso.com" });
    assert.ok(roles.some(({ Role, RequiredServicesRunning }) => Role === "Hub Transport Server Role" && RequiredServicesRunning));
    const [report] = await lab.run("EDGE01", "Get-HealthReport", { Identity: "EDGE01" });
    assert.deepEqual([report.HealthSet, report.AlertValue], ["EdgeTransport", "Unhealthy"]);
    await lab.failure("EDGE01", "Test-ServiceHealth", { Server: "MBX01" });
  });

  it("S19 settings of the Transport service are the server's own", async () => {
    const lab = await open();
    const settings = async () => (await lab.run("EDGE01", "Get-TransportService", { Identity: "EDGE01" }))[0];
    const change = { Identity: "EDGE01", MaxOutboundConnections: "Unlimited", MessageExpirationTimeout: "1.00:00:00" };
    await lab.run("EDGE01", "Set-TransportService", { ...change, WhatIf: true });
    assert.equal((await settings()).MaxOutboundConnections, 1000);
    await lab.run("EDGE01", "Set-TransportService", change);
    const { MaxOutboundConnections: most, MessageExpirationTimeout: expires } = await settings();
    assert.deepEqual([most, expires], ["Unlimited", "1.00:00:00"]);
    await lab.failure("EDGE01", "Set-TransportService", { Identity: "EDGE01", MaxOutboundConnections: "many" });
    const [config] = await lab.run("EDGE01", "Get-TransportConfig");
    assert.equal(config.ShadowRedundancyEnabled, true);
  });

  it("S20 a component is active when no requester says otherwise", async () => {
    const lab = await open();
    const set = (Component: string, Requester: string, State: string) =>
      lab.run("EDGE01", "Set-ServerComponentState", { Identity: "EDGE01", Component, Requester, State });
    const states = async () => {
      const shown = await lab.run("EDGE01", "Get-ServerComponentState", { Identity: "EDGE01" });
      return ["EdgeTransport", "Monitoring"].map((name) => shown.find(({ Component }) => Component === name)?.State);
    };
    await set("EdgeTransport", "Functional", "Inactive");
    await set("EdgeTransport", "Maintenance", "Active");
    assert.deepEqual(await states(), ["Inactive", "Active"]);
    await set("EdgeTransport", "functional", "Active");
    assert.deepEqual(await states(), ["Active", "Active"]);
    await set("ServerWideOffline", "Maintenance", "Inactive");
    assert.deepEqual(await states(), ["Inactive", "Active"]);
    const [report] = await lab.run("EDGE01", "Get-HealthReport", { Identity: "EDGE01" });
    assert.equal(report.State, "Offline");
    await set("ServerWideOffline", "Maintenance", "Active");
    assert.deepEqual(await states(), ["Active", "Active"]);
  });

  it("S21 POP and IMAP find their certificate by the name that is set", async () => {
    const lab = await open();
    const thumbprint = await lab.import("MBX01", "web");
    const [{ CertificateDomains: names }] = await lab.run("MBX01", "Get-ExchangeCertificate", { Thumbprint: thumbprint });
    const set = { X509CertificateName: (names as string[])[0], Server: "MBX01" };
    await lab.run("MBX01", "Set-PopSettings", { ...set, WhatIf: true });
    await lab.run("MBX01", "Set-ImapSettings", set);
    const shown = await Promise.all(["Pop", "Imap"].map((one) => lab.run("MBX01", `Get-${one}Settings`)));
    assert.deepEqual(
      shown.map(([{ X509CertificateName }]) => X509CertificateName),
      ["MBX01", set.X509CertificateName],
    );
    const [{ Services }] = await lab.run("MBX01", "Get-ExchangeCertificate", { Thumbprint: thumbprint });
    assert.match(String(Services), /IMAP/);
    assert.match((await lab.failure("EDGE01", "Get-PopSettings")).fqid, /^CommandNotFound/);
  });

  it("N15 ports, addresses, domains and words of connectors are looked at", async () => {
    const lab = await open();
    const set = { Identity: "Outbound to Office 365" };
    assert.match((await lab.failure("MBX01", "Set-SendConnector", { ...set, Port: 70_000 })).type, /DataValidationException/);
    for (const space of ["foo..bar", "contoso.com;101", "*contoso.com", "a b.example"])
      assert.match((await lab.failure("MBX01", "Set-SendConnector", { ...set, AddressSpaces: [space] })).fqid, /^CannotConvert/);
    const receive = { Identity: "EDGE01\\Default internal receive connector EDGE01" };
    const wrong: [string, string, Parameters][] = [
      ["MBX01", "Set-SendConnector", { ...set, SmartHosts: ["foo..bar"] }],
      ["MBX01", "Set-SendConnector", { ...set, TlsDomain: "foo..bar" }],
      ["MBX01", "Set-SendConnector", { ...set, ProtocolLoggingLevel: "Loud" }],
      ["MBX01", "New-AcceptedDomain", { Name: "wrong", DomainName: "foo..bar" }],
      ["EDGE01", "Set-ReceiveConnector", { ...receive, Bindings: ["0.0.0.0:70000"] }],
      ["EDGE01", "Set-ReceiveConnector", { ...receive, RemoteIPRanges: ["10.0.0.0/33"] }],
      ["EDGE01", "Set-ReceiveConnector", { ...receive, AuthMechanism: "Tls, Magic" }],
    ];
    for (const [host, cmdlet, parameters] of wrong)
      assert.match((await lab.failure(host, cmdlet, parameters)).fqid, /^CannotConvert/, cmdlet);
    const right = {
      AuthMechanism: "tls,Integrated",
      RemoteIPRanges: ["10.0.0.1-10.0.0.9", "10.1.0.0/16", "::/0"],
      Bindings: ["[::]:2525"],
    };
    await lab.run("EDGE01", "Set-ReceiveConnector", { ...receive, ...right });
    const [{ AuthMechanism: mechanism }] = await lab.run("EDGE01", "Get-ReceiveConnector", receive);
    assert.equal(mechanism, "Tls, Integrated");
    await lab.run("MBX01", "Set-SendConnector", { ...set, Port: 2525, AddressSpaces: ["*.fabrikam.com;5"], SmartHosts: ["[192.0.2.1]"] });
    const [bag] = await lab.run("MBX01", "Get-SendConnector", set);
    assert.deepEqual([bag.Port, bag.AddressSpaces], [2525, ["smtp:*.fabrikam.com;5"]]);
  });
});
