import assert from "node:assert/strict";
import { textDiagnosis } from "../../../provider/cli/doctor/text";
import { assertFinding, Patient, present } from "./patient";

const DAY = 86_400;

/** The default certificate of an Edge carries its name no more: it was deleted. */
const BY_NAME = {
  name: "by-name",
  domain: "contoso.com",
  authorities: { ca: { subject: "CN=CA" } },
  certificates: { gone: { authority: "ca", subject: "CN=edge01.contoso.com", domainNames: ["edge01.contoso.com"] } },
  servers: [
    { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" as const },
    {
      name: "EDGE01",
      fqdn: "edge01.contoso.com",
      role: "Edge" as const,
      chain: ["ca"],
      certificates: [{ certificate: "gone", smtp: true }],
      default: "gone",
      removed: ["gone"],
    },
  ],
  subscriptions: [{ edge: "EDGE01" }],
  acceptedDomains: ["contoso.com"],
};

describe("doctor: transport's certificates", function () {
  this.timeout(30_000);
  let patient: Patient;
  const admit = async (...scenario: Parameters<typeof Patient.admit>): Promise<Patient> => (patient = await Patient.admit(...scenario));
  afterEach(() => patient.discharge());

  it("R2 the default certificate was deleted (12023)", async () => {
    await admit(BY_NAME);
    await patient.mail("EDGE01", "a@contoso.com");
    await patient.advance(3);
    await patient.logged("EDGE01", 12023);
    assertFinding(await patient.examine(), "12013", "EDGE01", {
      seen: [/it is not in the personal store/, /MSExchangeTransport 12023 \(Warning\)/],
      cause: /cannot load its default certificate/,
      remedy: [/Enable-ExchangeCertificate [0-9A-F]{40} -Services SMTP/, /New-ExchangeCertificate/, /subscribe the Edge again/],
    });
  });

  it("R2 transport cannot read the key of the default (12013)", async () => {
    const [mailbox, edge] = BY_NAME.servers;
    await admit({
      ...BY_NAME,
      servers: [mailbox, { ...edge, setup: false, certificates: [{ certificate: "gone", smtp: false }], removed: [] }],
    });
    await patient.mail("EDGE01", "a@contoso.com");
    await patient.advance(3);
    await patient.logged("EDGE01", 12013);
    assertFinding(await patient.examine(), "12013", "EDGE01", {
      seen: [/NETWORK SERVICE may not read/, /MSExchangeTransport 12013 \(Error\)/],
      cause: /cannot load its default certificate/,
      remedy: [/Enable-ExchangeCertificate/],
    });
  });

  it("R9 an ephemeral certificate stands in for the default (12024)", async () => {
    await admit("ebs2008");
    await patient.mail("SECURITY", "a@ebs.example");
    await patient.advance(3);
    await patient.logged("MESSAGING", 12024);
    assertFinding(await patient.examine(), "12013", "MESSAGING", {
      seen: [/MSExchangeTransport 12024 \(Information\)/],
      cause: /an ephemeral self-signed one \(12024\)/,
      remedy: [/restore it with its key, or make a new default/],
    });
  });

  it("R3 no certificate for a connector's FQDN (12014)", async () => {
    await admit();
    const identity = "EDGE01\\Default internal receive connector EDGE01";
    await patient.run("EDGE01", "Set-ReceiveConnector", { Identity: identity, Fqdn: "other.example" });
    assert.equal(patient.lab.organisation.smtpIdentity("EDGE01"), null);
    await patient.logged("EDGE01", 12014);
    assertFinding(await patient.examine(), "12014", "EDGE01", {
      seen: [/offers no STARTTLS/, /MSExchangeTransport 12014 \(Error\)/],
      cause: /carries other\.example, the name of "Default internal receive connector EDGE01"/,
      remedy: [/Install a certificate with other\.example/, /correct the connector/],
    });
    await patient.run("EDGE01", "Set-ReceiveConnector", { Identity: identity, Fqdn: "edge01.contoso.com" });
    const cured = await patient.examine();
    assert.ok(!present(cured).includes("12014 EDGE01"));
    assert.ok(
      cured.findings.some(({ id, past }) => id === "12014" && past),
      "the log is history",
    );
  });

  it("R3 a receive connector's TlsCertificateName that nothing carries (12014)", async () => {
    await admit();
    const identity = "EDGE01\\Default internal receive connector EDGE01";
    await patient.run("EDGE01", "Set-ReceiveConnector", { Identity: identity, TlsCertificateName: "<I>CN=Gone<S>CN=mail.contoso.com" });
    assert.equal(patient.lab.organisation.smtpIdentity("EDGE01"), null);
    await patient.logged("EDGE01", 12014);
    assertFinding(await patient.examine(), "454-4.7.5", "EDGE01", {
      seen: [/no certificate on EDGE01 carries it/, /MSExchangeTransport 12014/],
      cause: /no fall-back to the FQDN/,
      remedy: [/set the connector's name/],
    });
  });

  it("R22 Exchange Online misses STARTTLS: the door offers none", async () => {
    await admit();
    const identity = "EDGE02\\Default internal receive connector EDGE02";
    await patient.run("EDGE02", "Set-ReceiveConnector", { Identity: identity, Fqdn: "mail.elsewhere.example" });
    assertFinding(await patient.examine(), "12014", "EDGE02", {
      seen: [/Port 25 of EDGE02 offers no STARTTLS/],
      cause: /450 4\.4\.317 … 451 5\.7\.3 STARTTLS is required to send mail/,
      remedy: [/correct the connector: its Fqdn/],
    });
  });

  it("R4 the default has expired (12015), and R5 STARTTLS presents it still (12016)", async () => {
    await admit();
    await patient.advance(10 * DAY);
    await patient.mail("EDGE01", "a@contoso.com");
    await patient.advance(3);
    assert.ok(patient.lab.organisation.smtpIdentity("EDGE01"));
    await patient.logged("EDGE01", 12015);
    await patient.logged("EDGE01", 12016);
    const diagnosis = await patient.examine();
    const ordinary = assertFinding(diagnosis, "12015", "EDGE01", {
      seen: [/expired on \d{4}-\d\d-\d\d/, /MSExchangeTransport 12015/],
      cause: /^CN=mail\.contoso\.com has expired: it is the default \(internal transport\) certificate of EDGE01, EDGE02; .*go on/,
      remedy: [/Plan the rotation/, /export on the Edge, restart of AD LDS, import/],
    });
    assert.equal(ordinary.severity, "warning");
    assertFinding(diagnosis, "12016", "EDGE01", {
      seen: [/MSExchangeTransport 12016 \(Error\)/],
      cause: /^CN=mail\.contoso\.com has expired: it is presented for STARTTLS by EDGE01(, EDGE02)?, and peers/,
      remedy: [/Install a valid certificate with the same name/],
    });
  });

  it("R6 the default is about to expire (12017), and R7 what STARTTLS presents (12018)", async () => {
    await admit();
    await patient.mail("EDGE01", "a@contoso.com");
    await patient.advance(3);
    assert.ok(patient.lab.organisation.smtpIdentity("EDGE01"));
    await patient.logged("EDGE01", 12017);
    await patient.logged("EDGE01", 12018);
    const diagnosis = await patient.examine();
    assertFinding(diagnosis, "12017", "EDGE01", {
      seen: [/9 days left/, /MSExchangeTransport 12017 \(Warning\)/],
      cause: /^CN=mail\.contoso\.com is about to expire: .*it is the default \(internal transport\) certificate of EDGE01, EDGE02/,
      remedy: [/pulumi up/],
    });
    assertFinding(diagnosis, "12018", "EDGE01", {
      seen: [/9 days left/, /MSExchangeTransport 12018 \(Error\)/],
      cause: /is about to expire: it is presented for STARTTLS by EDGE01, EDGE02/,
      remedy: [/pulumi up/],
    });
    const soon = diagnosis.findings.filter(({ id }) => id === "12017" || id === "12018");
    assert.equal(soon.length, 1, "one certificate on two Edges, as default and at STARTTLS, is one finding");
    assert.deepEqual(
      soon[0].places.map(({ id, host }) => `${host} ${id}`),
      ["EDGE01 12017", "EDGE01 12018", "EDGE02 12017", "EDGE02 12018"],
    );
    assert.equal(soon[0].seen.filter((one) => one.includes("9 days left")).length, 1, soon[0].seen.join("\n"));
    assert.match(textDiagnosis(diagnosis, false).join("\n"), /^warning +12017, 12018 on EDGE01, EDGE02 \([0-9A-F]{40}\)$/m);
    assert.ok(diagnosis.findings.some(({ id, severity }) => id === "12019" && severity === "notice"));
  });

  it("R8 the peer's internal certificate has expired (12019)", async () => {
    await admit();
    await patient.advance(10 * DAY);
    await patient.mail("EDGE01", "a@contoso.com");
    await patient.advance(3);
    await patient.logged("MBX01", 12019);
    assertFinding(await patient.examine(), "12019", "MBX01", {
      seen: [/MSExchangeTransport 12019 \(Information\)/],
      cause: /^EDGE0[12] shows MBX01 an internal certificate/,
      remedy: [/Rotate the default certificate on EDGE0[12]/],
    });
  });

  for (const [row, id] of [
    ["R10", 2018],
    ["R11", 1036],
  ] as const)
    it(`${row} direct trust is broken after the Edge's default was replaced (${id})`, async () => {
      await admit();
      await patient.enable("EDGE01", await patient.import("EDGE01", "v2"));
      await patient.mail("EDGE01", "a@contoso.com");
      await patient.mail("MBX01", "a@fabrikam.com");
      await patient.advance(3);
      await patient.logged("MBX01", id);
      assertFinding(await patient.examine(), "2018", "MBX01", {
        seen: [new RegExp(`MSExchangeTransport ${id} \\(Error\\)`)],
        cause: /Direct trust between MBX01 and EDGE01 is broken/,
        remedy: [/Start-EdgeSynchronization/, /subscribe again: export on the Edge, restart of AD LDS/],
      });
    });

  it("R20 mail waits with 454 4.7.0 until the Edge is subscribed again", async () => {
    await admit();
    await patient.enable("EDGE01", await patient.import("EDGE01", "v2"));
    await patient.mail("EDGE01", "a@contoso.com");
    await patient.advance(3);
    await patient.queued("EDGE01", /454 4\.7\.0 Temporary authentication failure/);
    assertFinding(await patient.examine(), "2018", "EDGE01", {
      seen: [
        /454 4\.7\.0 Temporary authentication failure/,
        /The default certificate of EDGE01 is [0-9A-F]{40}; the organisation knows [0-9A-F]{40}/,
      ],
      cause: /The default was replaced without a new subscription/,
      remedy: [/Edge default replaced: subscribe again/],
    });
    await patient.resubscribe("EDGE01", "MBX01");
    await patient.advance(70);
    assert.ok(!present(await patient.examine()).some((one) => one.startsWith("2018")), "cured");
  });

  it("after a rotation of both Edges nothing is left but history", async () => {
    await admit();
    for (const edge of ["EDGE01", "EDGE02"]) await patient.mail(edge, "a@contoso.com");
    await patient.advance(3);
    assert.ok(patient.lab.organisation.smtpIdentity("EDGE01"));
    assert.ok(present(await patient.examine()).includes("12017 EDGE01"));
    for (const edge of ["EDGE01", "EDGE02"]) {
      await patient.enable(edge, await patient.import(edge, "v2"));
      await patient.resubscribe(edge, "MBX01");
    }
    const diagnosis = await patient.examine();
    assert.deepEqual(present(diagnosis), []);
    assert.equal(diagnosis.healthy, true);
    assert.ok(diagnosis.findings.some(({ id, past }) => id === "12017" && past));
  });
});
