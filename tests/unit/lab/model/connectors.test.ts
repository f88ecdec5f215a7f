import assert from "node:assert/strict";
import { TlsName } from "../../../../lab/model/tlsName";
import { closeAll, open } from "./support";

const NAMED = "Outbound to Office 365";

describe("lab model: connectors", () => {
  afterEach(closeAll);

  it("N1 a subscribed Edge refuses Set-, New- and Remove-SendConnector", async () => {
    const lab = await open();
    const calls = [
      ["Set-SendConnector", { Identity: NAMED, Comment: "x" }],
      ["New-SendConnector", { Name: "x", AddressSpaces: ["smtp:x.com;1"] }],
      ["Remove-SendConnector", { Identity: NAMED, Confirm: false }],
    ] as const;
    for (const [cmdlet, parameters] of calls) {
      const failure = await lab.failure("EDGE01", cmdlet, { ...parameters } as never);
      assert.match(failure.type, /CannotRunOnSubscribedEdgeException/);
      assert.equal(failure.category, "InvalidOperation");
    }
  });

  it("N2 strict: the name has to be installed on a Mailbox server", async () => {
    const lab = await open();
    const name = "<I>CN=Contoso Issuing CA 2, O=Contoso, C=US<S>CN=mail.contoso.com";
    await lab.failure("MBX01", "Set-SendConnector", { Identity: NAMED, TlsCertificateName: name });
    const v3 = await lab.import("MBX01", "v3");
    await lab.run("MBX01", "Set-SendConnector", { Identity: NAMED, TlsCertificateName: name });
    assert.ok(v3);
  });

  it("N3 lenient: accepted without a certificate, refused where it lacks SMTP", async () => {
    const lab = await open("contoso", { toggles: { setSendConnector: "lenient" } });
    const name = "<I>CN=Contoso Issuing CA 2, O=Contoso, C=US<S>CN=mail.contoso.com";
    await lab.run("MBX01", "Set-SendConnector", { Identity: NAMED, TlsCertificateName: name });
    await lab.import("MBX01", "v3");
    await lab.run("MBX01", "New-SendConnector", {
      Name: "Local",
      AddressSpaces: ["smtp:local.example;1"],
      SourceTransportServers: ["MBX01"],
    });
    const failure = await lab.failure("MBX01", "Set-SendConnector", { Identity: "Local", TlsCertificateName: name });
    assert.match(failure.type, /SMTPNotEnabledForTlsCertificate/);
  });

  it("N4 Add and Remove edit the sources; $null clears the name", async () => {
    const lab = await open();
    await lab.run("MBX01", "Set-SendConnector", {
      Identity: NAMED,
      SourceTransportServers: { Remove: ["EDGE02"] },
      TlsCertificateName: null,
    });
    const [without] = await lab.run("MBX01", "Get-SendConnector", { Identity: NAMED });
    assert.deepEqual(without.SourceTransportServers, ["EDGE01"]);
    assert.equal(without.TlsCertificateName, null);
    await lab.run("MBX01", "Set-SendConnector", { Identity: NAMED, SourceTransportServers: { Add: ["EDGE02"] } });
    const [both] = await lab.run("MBX01", "Get-SendConnector", { Identity: NAMED });
    assert.deepEqual(both.SourceTransportServers, ["EDGE01", "EDGE02"]);
  });

  it("N5 TlsAuthLevel needs RequireTLS, TlsDomain needs DomainValidation", async () => {
    const lab = await open();
    await lab.failure("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", TlsAuthLevel: "DomainValidation" });
    await lab.failure("MBX01", "Set-SendConnector", {
      Identity: "Partner fabrikam",
      RequireTLS: true,
      TlsAuthLevel: "EncryptionOnly",
      TlsDomain: "fabrikam.com",
    });
    await lab.run("MBX01", "Set-SendConnector", {
      Identity: "Partner fabrikam",
      RequireTLS: true,
      TlsAuthLevel: "4",
      TlsDomain: "fabrikam.com",
    });
    const [bag] = await lab.run("MBX01", "Get-SendConnector", { Identity: "Partner fabrikam" });
    assert.equal(bag.TlsAuthLevel, "DomainValidation");
  });

  it("N6 the subject needs a CN that is a domain; RDN order counts", async () => {
    const lab = await open();
    await lab.failure("MBX01", "Set-SendConnector", { Identity: NAMED, TlsCertificateName: "<I>CN=A<S>O=Contoso" });
    await lab.run("MBX01", "Set-SendConnector", {
      Identity: NAMED,
      TlsCertificateName: "<i>CN=Contoso Issuing CA,O=Contoso,C=US<s>CN=mail.contoso.com",
    });
    const [bag] = await lab.run("MBX01", "Get-SendConnector", { Identity: NAMED });
    assert.equal(bag.TlsCertificateName, "<I>CN=Contoso Issuing CA, O=Contoso, C=US<S>CN=mail.contoso.com");
    await lab.failure("MBX01", "Set-SendConnector", {
      Identity: NAMED,
      TlsCertificateName: "<I>C=US, O=Contoso, CN=Contoso Issuing CA<S>CN=mail.contoso.com",
    });
  });

  it("N7 a connector has every property of the captures", async () => {
    const lab = await open();
    const [bag] = await lab.run("MBX01", "Get-SendConnector", { Identity: "Partner fabrikam" });
    assert.equal(bag.ConnectionInactivityTimeOut, "00:10:00");
    assert.equal(bag.MaxMessageSize, "35 MB (36,700,160 bytes)");
    assert.equal(bag.SmtpMaxMessagesPerConnection, 20);
    assert.equal(bag.Port, 25);
    assert.equal(bag.HomeMtaServerId, "EDGE01");
    assert.equal(bag.SourceRoutingGroup, "Exchange Routing Group (DWBGZMFD01QNBJR)");
    assert.ok(Object.keys(bag).length >= 55);
  });

  it("N8 receive connectors are per server, and no certificate is checked", async () => {
    const lab = await open();
    const identity = "EDGE01\\Default internal receive connector EDGE01";
    await lab.run("EDGE01", "Set-ReceiveConnector", {
      Identity: identity,
      TlsDomainCapabilities: ["mail.protection.outlook.com:AcceptCloudServicesMail"],
      TlsCertificateName: "<I>CN=None<S>CN=none.example",
    });
    const [bag] = await lab.run("EDGE01", "Get-ReceiveConnector", { Identity: identity });
    assert.deepEqual(bag.TlsDomainCapabilities, ["mail.protection.outlook.com:AcceptCloudServicesMail"]);
    assert.equal(bag.AuthMechanism, "Tls, ExchangeServer");
    await lab.failure("EDGE01", "Set-ReceiveConnector", { Identity: identity, TlsDomainCapabilities: ["a.com:Nonsense"] });
    await lab.failure("EDGE02", "Set-ReceiveConnector", { Identity: identity, Comment: "x" });
  });

  it("N9 the FQDN of a Mailbox server's default connector cannot be anything", async () => {
    const lab = await open();
    await lab.failure("MBX01", "Set-ReceiveConnector", { Identity: "MBX01\\Default MBX01", Fqdn: "mail.contoso.com" });
  });

  it("N10 the hybrid configuration refuses Edges together with receiving servers", async () => {
    const lab = await open();
    await lab.run("MBX01", "Set-HybridConfiguration", { TlsCertificateName: "<I>CN=X<S>CN=mail.contoso.com" });
    const [bag] = await lab.run("MBX01", "Get-HybridConfiguration");
    assert.equal(bag.TlsCertificateName, "<I>CN=X<S>CN=mail.contoso.com");
    await lab.failure("MBX01", "Set-HybridConfiguration", { ReceivingTransportServers: ["MBX01"] });
    assert.equal((await lab.failure("EDGE01", "Get-HybridConfiguration")).kind, "CommandNotFound");
  });

  for (const [text, read] of [
    ["<I>CN = A ,O= B<S>CN = mail.contoso.com , O = C", "<I>CN=A, O=B<S>CN=mail.contoso.com, O=C"],
    ['<I>CN=A,O="B, Inc, S=x"<S>CN=mail.contoso.com', '<I>CN=A, O="B, Inc, S=x"<S>CN=mail.contoso.com'],
    ["<s>OU=x+CN=mail.contoso.com,C=US", "<S>OU=x + CN=mail.contoso.com, C=US"],
  ])
    it(`N11 spacing of a name is normalised: ${text}`, () => {
      assert.equal(TlsName.parse(text)?.toString(), read);
    });

  it("N12 setup's receive connectors are those of the capture", async () => {
    const lab = await open();
    const all = await lab.run("MBX01", "Get-ReceiveConnector");
    const of = (name: string): { [property: string]: unknown } => all.find((bag) => bag.Name === `${name} MBX01`)!;
    assert.deepEqual(
      all.map((bag) => bag.Name),
      ["Default MBX01", "Client Proxy MBX01", "Default Frontend MBX01", "Outbound Proxy Frontend MBX01", "Client Frontend MBX01"],
    );
    const shown = (name: string): unknown[] => {
      const bag = of(name);
      return [bag.TransportRole, bag.MaxRecipientsPerMessage, bag.SizeEnabled, bag.ProtocolLoggingLevel, bag.MessageRateLimit];
    };
    assert.deepEqual(shown("Default"), ["HubTransport", 5000, "EnabledWithoutValue", "None", "Unlimited"]);
    assert.deepEqual(shown("Client Proxy"), ["HubTransport", 200, "Enabled", "None", "5"]);
    assert.deepEqual(shown("Default Frontend"), ["FrontendTransport", 200, "Enabled", "Verbose", "Unlimited"]);
    assert.deepEqual(shown("Client Frontend"), ["FrontendTransport", 200, "Enabled", "None", "5"]);
    assert.equal(of("Outbound Proxy Frontend").TarpitInterval, "00:00:00");
    assert.deepEqual(of("Default Frontend").Bindings, ["[::]:25", "0.0.0.0:25"]);
    assert.equal(of("Client Frontend").EnableAuthGSSAPI, true);
  });
});
