import assert from "node:assert/strict";
import { SecureText } from "../../../../lab/model/contract";
import { openPfx } from "../../../../provider/pki";
import { closeAll, open, type Parameters } from "./support";

const NAMED = "Outbound to Office 365";
const EDGE_DEFAULT = "EDGE01\\Default internal receive connector EDGE01";

describe("lab model: open points as toggles", () => {
  afterEach(closeAll);

  it("G13 pauseSurvivesReboot: transport is paused again after a restart", async () => {
    const lab = await open("contoso", { toggles: { pauseSurvivesReboot: true } });
    await lab.organisation.service.suspend("EDGE01", "MSExchangeTransport");
    await lab.organisation.reboot("EDGE01");
    assert.equal(lab.server("EDGE01").services.MSExchangeTransport, "Paused");
  });

  it("G14 edgeComponentState: an inactive EdgeTransport refuses connections", async () => {
    const lab = await open();
    const set = (State: string) =>
      lab.run("EDGE01", "Set-ServerComponentState", { Identity: "EDGE01", Component: "EdgeTransport", Requester: "Maintenance", State });
    await set("Inactive");
    assert.ok(lab.organisation.smtpIdentity("EDGE01"));
    lab.organisation.setToggles({ edgeComponentState: "closesDoor" });
    assert.equal(lab.organisation.smtpIdentity("EDGE01"), undefined);
    await set("Active");
    assert.ok(lab.organisation.smtpIdentity("EDGE01"));
  });

  it("G15 inboundConnectorCost: 100 in this build, 1 on the pages", async () => {
    const lab = await open("contoso", { toggles: { inboundConnectorCost: "1" } });
    const [{ Name: name }] = (await lab.run("MBX01", "Get-SendConnector")).filter((bag) => /Inbound to/.test(String(bag.Name)));
    await lab.run("MBX01", "Remove-SendConnector", { Identity: String(name), Confirm: false });
    await lab.subscribe("MBX01", await lab.export("EDGE01"), { CreateInboundSendConnector: true });
    const [made] = await lab.run("MBX01", "Get-SendConnector", { Identity: String(name) });
    assert.deepEqual(made.AddressSpaces, ["smtp:--;1"]);
  });

  it("G16 nameNeedsRequireTls: the hybrid wizard's message as a rule", async () => {
    const lab = await open();
    await lab.run("MBX01", "Set-SendConnector", { Identity: NAMED, RequireTLS: false, TlsAuthLevel: null, TlsDomain: null });
    lab.organisation.setToggles({ nameNeedsRequireTls: true });
    const failure = await lab.failure("MBX01", "Set-SendConnector", { Identity: NAMED, Comment: "x" });
    assert.match(failure.message, /^RequiredTls flag should be set to true/);
  });

  it("G17 ecdsaCertificates: as good as RSA ones where a build accepts them", async () => {
    const lab = await open("contoso", { toggles: { ecdsaCertificates: "accepted" } });
    const thumbprint = await lab.import("EDGE01", "ec");
    await lab.enable("EDGE01", thumbprint);
    assert.equal(lab.server("EDGE01").defaultThumbprint, thumbprint);
    // EdgeSync knows CryptoAPI only. // 5.5
    await lab.failure("EDGE01", "New-EdgeSubscription", { FileName: "a.xml", Force: true });
  });

  it("G18 expiresSoonText: 12018 with the hours that remain", async () => {
    const lab = await open("contoso", { toggles: { expiresSoonText: "hours" } });
    lab.organisation.smtpIdentity("EDGE01");
    const text = lab.server("EDGE01").events.find(({ id }) => id === 12018)?.text;
    assert.match(text ?? "", /hours remaining: \d+\./);
  });

  it("G19 openTexts: other texts, the same types and ids", async () => {
    const lab = await open();
    const call = ["Remove-ExchangeCertificate", { Thumbprint: lab.installed("EDGE01", "v1"), Confirm: false }] as const;
    const known = await lab.failure("EDGE01", ...call);
    lab.organisation.setToggles({ openTexts: "localised" });
    const other = await lab.failure("EDGE01", ...call);
    assert.notEqual(other.message, known.message);
    assert.deepEqual([other.type, other.fqid, other.category, other.kind], [known.type, known.fqid, known.category, known.kind]);
  });

  it("S13 accepted and remote domains: Get- alone on a subscribed Edge", async () => {
    const lab = await open();
    for (const noun of ["AcceptedDomain", "RemoteDomain"]) {
      await lab.run("MBX01", `New-${noun}`, { Name: "Fabrikam", DomainName: "fabrikam.com" });
      const option: Parameters = noun === "AcceptedDomain" ? { DomainType: "InternalRelay" } : { TNEFEnabled: true };
      await lab.run("MBX01", `Set-${noun}`, { Identity: "fabrikam.com", ...option });
      const [bag] = await lab.run("MBX01", `Get-${noun}`, { Identity: "Fabrikam" });
      for (const [name, value] of Object.entries(option)) assert.equal(bag[name], value);
      assert.equal((await lab.failure("MBX01", `Remove-${noun}`, { Identity: "Fabrikam" })).kind, "PromptRefused");
      await lab.sync("MBX01", "EDGE01");
      assert.ok((await lab.run("EDGE01", `Get-${noun}`)).some((one) => one.Name === "Fabrikam"));
      for (const verb of ["New", "Set", "Remove"]) {
        const parameters: Parameters = verb === "New" ? { Name: "x", DomainName: "x.example" } : { Identity: "Fabrikam" };
        assert.match((await lab.failure("EDGE01", `${verb}-${noun}`, parameters)).type, /CannotRunOnSubscribedEdgeException$/);
      }
      await lab.run("MBX01", `Remove-${noun}`, { Identity: "Fabrikam", Confirm: false });
      assert.ok((await lab.run("MBX01", `Get-${noun}`)).every((one) => one.Name !== "Fabrikam"));
    }
  });

  it("S14 Get-Queue takes an identity, a filter, and what to leave out", async () => {
    const lab = await open();
    await lab.organisation.service.stop("EDGE01", "MSExchangeTransport");
    await lab.organisation.service.stop("EDGE02", "MSExchangeTransport");
    await lab.mail("MBX01", "one", "someone@fabrikam.com");
    lab.advance(30);
    const retrying = await lab.run("MBX01", "Get-Queue", { Filter: "{Status -eq 'Retry' -and MessageCount -gt 0}" });
    assert.equal(retrying.length, 1);
    const identity = String(retrying[0].Identity);
    assert.deepEqual(
      (await lab.run("MBX01", "Get-Queue", { Identity: identity })).map((queue) => queue.Identity),
      [identity],
    );
    await lab.failure("MBX01", "Get-Queue", { Identity: "MBX01\\4711" });
    assert.deepEqual(await lab.run("MBX01", "Get-Queue", { Exclude: ["Internal", "Empty"] }), []);
    assert.equal((await lab.failure("MBX01", "Get-Queue", { Filter: "whatever" })).category, "InvalidArgument");
  });

  it("N13 receive connectors can be made, renamed, set and removed on their server", async () => {
    const lab = await open();
    const made = { Name: "Relay", Bindings: ["0.0.0.0:2587"], RemoteIPRanges: ["10.0.0.1"] };
    await lab.run("EDGE01", "New-ReceiveConnector", made);
    assert.equal((await lab.failure("EDGE01", "New-ReceiveConnector", made)).category, "ResourceExists");
    await lab.run("EDGE01", "Set-ReceiveConnector", { Identity: "EDGE01\\Relay", Name: "Relay 2", MaxHopCount: 12 });
    const [bag] = await lab.run("EDGE01", "Get-ReceiveConnector", { Identity: "EDGE01\\Relay 2" });
    assert.deepEqual([bag.Name, bag.Identity, bag.MaxHopCount], ["Relay 2", "EDGE01\\Relay 2", 12]);
    await lab.run("EDGE01", "Remove-ReceiveConnector", { Identity: "EDGE01\\Relay 2", Confirm: false });
    assert.deepEqual(
      (await lab.run("EDGE01", "Get-ReceiveConnector")).map((one) => one.Identity),
      [EDGE_DEFAULT],
    );
  });

  it("G20 perTypeStates: the first article saw Synchronized without a switch", async () => {
    const lab = await open("contoso", { toggles: { perTypeStates: "always" } });
    const [plain] = await lab.run("MBX01", "Test-EdgeSynchronization", { TargetServer: "EDGE01" });
    assert.equal(plain.SendConnectorStatus, "Synchronized");
    lab.organisation.setToggles({ perTypeStates: "fullCompare" });
    const [other] = await lab.run("MBX01", "Test-EdgeSynchronization", { TargetServer: "EDGE01" });
    assert.equal(other.SendConnectorStatus, "Skipped");
  });

  it("N14 strict asks for the certificate of a name that is given", async () => {
    const lab = await open();
    const name = "<I>CN=Nobody, O=Contoso<S>CN=nobody.contoso.com";
    const failure = await lab.failure("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", TlsCertificateName: name });
    assert.match(failure.type, /TlsCertificateNameNotFoundException$/);
    // New-SendConnector checks no certificate. // [L15] 15.4
    await lab.run("MBX01", "New-SendConnector", { Name: "Other", AddressSpaces: ["other.example"], TlsCertificateName: name });
    await lab.run("MBX01", "Set-SendConnector", { Identity: "Other", Comment: "as it was" });
  });

  it("G21 edgeCmdletsNeedAdLds: nothing can be read while AD LDS is stopped", async () => {
    const lab = await open();
    await lab.organisation.service.stop("EDGE01", "ADAM_MSExchange");
    await lab.run("EDGE01", "Get-TransportService");
    lab.organisation.setToggles({ edgeCmdletsNeedAdLds: true });
    assert.equal((await lab.failure("EDGE01", "Get-TransportService")).category, "ResourceUnavailable");
    await lab.organisation.service.start("EDGE01", "ADAM_MSExchange");
    await lab.run("EDGE01", "Get-TransportService");
  });

  it("G22 exportedChain: an exported PFX holds issuers with the root, without, or none", async () => {
    const lab = await open("msxfaq");
    const subjects = async (exportedChain: string): Promise<string[]> => {
      lab.organisation.setToggles({ exportedChain });
      const asked = { Thumbprint: lab.installed("EX01", "new"), BinaryEncoded: true, Password: new SecureText("x") };
      const [{ FileData: data }] = await lab.run("EX01", "Export-ExchangeCertificate", asked);
      const { chain } = await openPfx(data as Buffer, "x");
      return chain.map(({ subject }) => subject);
    };
    const [issuing, root] = ["CN=DigiCert Global CA G2, O=DigiCert Inc, C=US", "CN=DigiCert Global Root, O=DigiCert Inc, C=US"];
    assert.deepEqual(await subjects("root"), [issuing, root]);
    assert.deepEqual(await subjects("issuers"), [issuing]);
    assert.deepEqual(await subjects("none"), []);
  });
});
