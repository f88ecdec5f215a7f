import assert from "node:assert/strict";
import { assertFinding, Patient, present } from "./patient";

describe("doctor: queues and monitors", function () {
  this.timeout(30_000);
  let patient: Patient;
  const admit = async (...scenario: Parameters<typeof Patient.admit>): Promise<Patient> => (patient = await Patient.admit(...scenario));
  afterEach(() => patient.discharge());

  it("R19 451 4.4.395: an imported certificate without key access was chosen", async () => {
    await admit("same-name-renewal");
    await patient.mail("MBX01", "a@fabrikam.com");
    await patient.advance(5);
    await patient.queued("EDGE01", /451 4\.4\.395 .*-> 421 4\.4\.1/);
    const { object } = assertFinding(await patient.examine(), "451-4.4.395", "EDGE01", {
      seen: [/names [0-9A-F]{40}, whose private key transport cannot read/, /names 2 certificates at once/, /451 4\.4\.395/],
      cause: /ends its own TLS sessions over "Partner with TLS"/,
      remedy: [/Enable-ExchangeCertificate [0-9A-F]{40} -Services SMTP/, /remove the old one/, /Restart MSExchangeTransport/],
    });
    assert.equal(object, "Partner with TLS");
  });

  it("R19 451 4.4.395: two certificates carry the connector's name", async () => {
    await admit("same-name-renewal", { duplicateNameBreaksTls: true });
    const { objects } = await patient.run("EDGE01", "Get-ExchangeCertificate");
    const [renewal] = objects.filter((one) => one.Services === "None").map((one) => String(one.Thumbprint));
    await patient.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: renewal, Services: "None", NetworkServiceAllowed: true });
    await patient.mail("MBX01", "a@fabrikam.com");
    await patient.advance(5);
    await patient.queued("EDGE01", /451 4\.4\.395/);
    assertFinding(await patient.examine(), "451-4.4.395", "EDGE01", {
      seen: [/names 2 certificates at once/, /451 4\.4\.395/],
      cause: /two certificates carry the name/,
      remedy: [/remove the old one/],
    });
    await patient.toggle({ duplicateNameBreaksTls: false });
    await patient.advance(61);
    assert.ok(!present(await patient.examine()).some((one) => one.startsWith("451")), "two that do no harm are a notice");
  });

  it("R17 2004: the certificate that the cloud does not trust is presented", async () => {
    await admit();
    const connector = { Identity: "Outbound to Office 365", TlsCertificateName: null, Fqdn: "mail.contoso.com" };
    await patient.run("MBX01", "Set-SendConnector", { ...connector, SourceTransportServers: ["EDGE01"] });
    await patient.sync("MBX01", "EDGE01");
    await patient.trust("EDGE01", "foreignRoot");
    const second = await patient.import("EDGE01", "foreignRoot");
    await patient.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: second, Services: "None", NetworkServiceAllowed: true });
    await patient.advance(301);
    await patient.mail("MBX01", "a@contoso.mail.onmicrosoft.com");
    await patient.advance(5);
    await patient.queued("EDGE01", /454 4\.7\.0 .*UntrustedRoot/);
    const { object } = assertFinding(await patient.examine(), "2004", "EDGE01", {
      seen: [
        /454 4\.7\.0 .*UntrustedRoot/,
        /MSExchangeTransport 2004 \(Information\)/,
        /CN=Northwind Root CA.* carries mail\.contoso\.com/,
        /CN=Contoso Issuing CA.* carries mail\.contoso\.com/,
      ],
      cause: /whose CA the peer does not trust/,
      remedy: [/different names, or remove the one that the peer does not trust/],
    });
    assert.equal(object, second, "the newest one is chosen");
    assert.ok(!present(await patient.examine()).some((one) => one.startsWith("2018")), "it is no matter of direct trust");
    await patient.run("EDGE01", "Remove-ExchangeCertificate", { Thumbprint: second, Confirm: false });
    await patient.advance(61);
    assert.ok(!present(await patient.examine()).some((one) => one.startsWith("2004")));
  });

  it("R18 the monitor and probe of a name that nothing carries, and R21 454 4.7.5", async () => {
    await admit("msxfaq");
    for (const number of [1, 2]) await patient.mail("EX01", `a${number}@msxfaq.mail.onmicrosoft.com`);
    await patient.advance(5);
    const held = (
      await Promise.all(
        ["EDGE1", "EDGE2"].map(async (host) => ((await patient.server(host)).events.some(({ id }) => id === 4) ? host : "")),
      )
    ).filter(Boolean);
    assert.ok(held.length > 0);
    await patient.queued(held[0], /454 4\.7\.5/);
    const monitor = (await patient.server(held[0])).monitors.find(({ Name }) => Name === "Transport.ServerCertMismatch.Monitor");
    assert.equal(monitor?.AlertValue, "Degraded");
    assertFinding(await patient.examine(), "454-4.7.5", held[0], {
      seen: [
        /is passed over \(expired on/,
        /MSExchangeTransport 12014/,
        /Microsoft-Exchange-ManagedAvailability 4 \(Error\).*CannotLoadSTARTTLSCertificateFromStore/,
        /454 4\.7\.5 The certificate specified in TlsCertificateName/,
        /Transport\.ServerCertMismatch\.Monitor is not Healthy/,
      ],
      cause: /has no valid certificate with this issuer and subject/,
      remedy: [/set the connector's name/, /Start-EdgeSynchronization, then restart MSExchangeTransport/],
    });
  });
});
