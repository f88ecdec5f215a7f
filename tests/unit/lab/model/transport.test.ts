import assert from "node:assert/strict";
import { closeAll, open } from "./support";

const presented = (lab: Awaited<ReturnType<typeof open>>, host = "EDGE01"): string | null | undefined =>
  lab.organisation.smtpIdentity(host)?.thumbprint;

describe("lab model: transport's certificates", () => {
  afterEach(closeAll);

  it("T1 by FQDN: CA-issued before self-signed, new ones from the next session", async () => {
    const lab = await open();
    assert.equal(presented(lab), lab.installed("EDGE01", "v1"));
    const v2 = await lab.import("EDGE01", "v2");
    assert.equal(presented(lab), lab.installed("EDGE01", "v1"), "no key access yet");
    await lab.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: v2, Services: "None", NetworkServiceAllowed: true });
    assert.equal(presented(lab), v2, "newest NotBefore");
  });

  it("T2 an untrusted one is passed over until its chain is there", async () => {
    const lab = await open();
    const v3 = await lab.import("EDGE01", "v3");
    await lab.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: v3, Services: "None", NetworkServiceAllowed: true });
    assert.equal(presented(lab), lab.installed("EDGE01", "v1"));
    const der = lab.certificate("v3").chainPem.map((pem) => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64"));
    const added = lab.organisation.chain.import("EDGE01", der);
    assert.deepEqual(
      added.map(({ store }) => store),
      ["CA"],
      "the root was there",
    );
    assert.equal(presented(lab), v3);
  });

  it("T3 meeting an expired one ends the search and it is taken (12016)", async () => {
    const lab = await open();
    lab.advance(10 * 86_400);
    assert.equal(presented(lab), lab.installed("EDGE01", "v1"));
    assert.ok(lab.eventIds("EDGE01").includes(12016));
  });

  it("T4 an exact self-signed match beats a wildcard of a CA", async () => {
    const lab = await open({
      name: "wildcard",
      domain: "contoso.com",
      authorities: { ca: { subject: "CN=CA" } },
      certificates: { wildcard: { authority: "ca", subject: "CN=*.contoso.com", domainNames: ["*.contoso.com"] } },
      servers: [
        {
          name: "EDGE01",
          fqdn: "edge01.contoso.com",
          role: "Edge",
          chain: ["ca"],
          certificates: [{ certificate: "wildcard", smtp: true }],
        },
        {
          name: "EDGE02",
          fqdn: "edge02.contoso.com",
          role: "Edge",
          setup: false,
          chain: ["ca"],
          certificates: [{ certificate: "wildcard", smtp: true }],
          default: "wildcard",
        },
      ],
    });
    assert.equal(presented(lab), lab.server("EDGE01").defaultThumbprint);
    assert.equal(presented(lab, "EDGE02"), lab.installed("EDGE02", "wildcard"));
  });

  it("T5 no certificate for the name: STARTTLS is not offered (12014)", async () => {
    const lab = await open();
    await lab.run("EDGE01", "Set-ReceiveConnector", {
      Identity: "EDGE01\\Default internal receive connector EDGE01",
      Fqdn: "other.example",
    });
    assert.equal(lab.organisation.smtpIdentity("EDGE01"), null);
    assert.ok(lab.eventIds("EDGE01").includes(12014));
  });

  it("T6 a receive connector's name is not made up for by the FQDN", async () => {
    const lab = await open();
    const identity = "EDGE01\\Default internal receive connector EDGE01";
    await lab.run("EDGE01", "Set-ReceiveConnector", { Identity: identity, TlsCertificateName: "<I>CN=Gone<S>CN=mail.contoso.com" });
    assert.equal(lab.organisation.smtpIdentity("EDGE01"), null);
    await lab.run("EDGE01", "Set-ReceiveConnector", {
      Identity: identity,
      TlsCertificateName: "<I>CN=CONTOSO ISSUING CA, O=Contoso, C=US<S>CN=mail.contoso.com",
    });
    assert.equal(presented(lab), lab.installed("EDGE01", "v1"), "transport ignores case");
  });

  it("T7 12018 within 90 days, 12017 for the internal certificate", async () => {
    const lab = await open();
    assert.equal(presented(lab), lab.installed("EDGE01", "v1"));
    await lab.mail("EDGE01", "1", "a@contoso.com");
    lab.advance(3);
    assert.ok([12018, 12017].every((id) => lab.eventIds("EDGE01").includes(id)));
    assert.ok(lab.eventIds("MBX01").includes(12020), "the peer tells too");
  });

  it("T8 a paused or stopped transport accepts no connection", async () => {
    const lab = await open();
    await lab.organisation.service.suspend("EDGE01", "MSExchangeTransport");
    assert.equal(lab.organisation.smtpIdentity("EDGE01"), undefined);
    await lab.organisation.service.resume("EDGE01", "MSExchangeTransport");
    assert.notEqual(lab.organisation.smtpIdentity("EDGE01"), undefined);
    await lab.organisation.service.stop("EDGE01", "MSExchangeTransport");
    assert.equal(lab.organisation.smtpIdentity("EDGE01"), undefined);
  });

  it("T9 a deleted internal certificate: another one (12023), else ephemeral (12024)", async () => {
    const lab = await open("ebs2008");
    await lab.mail("SECURITY", "1", "a@ebs.example");
    lab.advance(3);
    assert.ok(lab.eventIds("MESSAGING").includes(12024));
    const other = await open({
      name: "by-name",
      domain: "contoso.com",
      authorities: { ca: { subject: "CN=CA" } },
      certificates: { gone: { authority: "ca", subject: "CN=edge01.contoso.com", domainNames: ["edge01.contoso.com"] } },
      servers: [
        { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" },
        {
          name: "EDGE01",
          fqdn: "edge01.contoso.com",
          role: "Edge",
          chain: ["ca"],
          certificates: [{ certificate: "gone", smtp: true }],
          default: "gone",
          removed: ["gone"],
        },
      ],
      subscriptions: [{ edge: "EDGE01" }],
      acceptedDomains: ["contoso.com"],
    });
    await other.mail("EDGE01", "1", "a@contoso.com");
    other.advance(3);
    assert.ok(other.eventIds("EDGE01").includes(12023));
  });

  it("T10 by name: the store's order, or the latest NotAfter, by toggle", async () => {
    const lab = await open("same-name-renewal");
    await lab.mail("MBX01", "1", "a@fabrikam.com");
    lab.advance(5);
    assert.deepEqual(lab.queueErrors("EDGE01"), ["451 4.4.395 Target host responded with error. -> 421 4.4.1 Connection timed out"]);
    assert.equal(
      lab.server("EDGE01").monitors.find((monitor) => monitor.Name === "Transport.ServerCertMismatch.Monitor")?.AlertValue,
      "Degraded",
    );
    lab.organisation.setToggles({ tlsNameChoice: "store" });
    lab.advance(61);
    assert.equal(lab.counters.delivered, 1);
  });

  it("T11 a name that nothing carries: 454 4.7.5 and 12014, no fall-back to the FQDN", async () => {
    const lab = await open("msxfaq");
    await lab.mail("EX01", "1", "a@msxfaq.mail.onmicrosoft.com");
    lab.advance(5);
    const errors = [...lab.queueErrors("EDGE1"), ...lab.queueErrors("EDGE2")];
    assert.deepEqual(errors, ["454 4.7.5 The certificate specified in TlsCertificateName of the SendConnector could not be found."]);
    const ids = [...lab.eventIds("EDGE1"), ...lab.eventIds("EDGE2")];
    assert.ok(ids.includes(12014) && ids.includes(4));
  });

  it("T12 a changed connector counts after the notice, and at a restart at once", async () => {
    const lab = await open();
    const address = async (space: string): Promise<void> => {
      await lab.run("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", AddressSpaces: [`smtp:${space};1`] });
      await lab.sync("MBX01", "EDGE01");
    };
    const known = (): string[] =>
      lab.organisation.lab.transport
        .connectors(lab.organisation.lab.world.server("EDGE01"))
        .flatMap((bag) => bag.AddressSpaces as string[]);
    await address("one.example");
    assert.ok(!known().includes("smtp:one.example;1"));
    lab.advance(6);
    assert.ok(known().includes("smtp:one.example;1"));
    await address("two.example");
    lab.advance(60);
    assert.ok(!known().includes("smtp:two.example;1"), "at most every 5 minutes");
    await lab.organisation.service.restart("EDGE01", "MSExchangeTransport", []);
    assert.ok(known().includes("smtp:two.example;1"));
    lab.organisation.setToggles({ restartNeededForConnectors: true });
    await address("three.example");
    lab.advance(900);
    assert.ok(!known().includes("smtp:three.example;1"));
  });

  it("T13 as a toggle, a new certificate counts after a restart only", async () => {
    const lab = await open("contoso", { toggles: { restartNeededForCertificates: true } });
    const v2 = await lab.import("EDGE01", "v2");
    await lab.enable("EDGE01", v2);
    assert.equal(presented(lab), lab.installed("EDGE01", "v1"));
    await lab.organisation.service.restart("EDGE01", "MSExchangeTransport", []);
    assert.equal(presented(lab), v2);
  });

  it("T14 a default whose key transport cannot read is 12013", async () => {
    const lab = await open({
      name: "unreadable",
      domain: "contoso.com",
      certificates: { mute: { selfSigned: true, subject: "CN=EDGE01", domainNames: ["edge01.contoso.com"] } },
      servers: [
        { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" },
        {
          name: "EDGE01",
          fqdn: "edge01.contoso.com",
          role: "Edge",
          setup: false,
          certificates: [{ certificate: "mute" }],
          default: "mute",
        },
      ],
      subscriptions: [{ edge: "EDGE01" }],
      acceptedDomains: ["contoso.com"],
    });
    await lab.mail("EDGE01", "1", "a@contoso.com");
    lab.advance(3);
    assert.ok(lab.eventIds("EDGE01").includes(12013));
    assert.equal(lab.counters.delivered, 0);
  });

  it("T15 an expired default is told (12015, 12019 at the peer), and mail goes on", async () => {
    const lab = await open();
    lab.advance(10 * 86_400);
    await lab.mail("EDGE01", "1", "a@contoso.com");
    lab.advance(3);
    assert.ok(lab.eventIds("EDGE01").includes(12015));
    assert.ok(lab.eventIds("MBX01").includes(12019));
    assert.equal(lab.counters.delivered, 1);
  });

  it("T16 without a notification connectors are taken every 12 hours", async () => {
    const lab = await open("contoso", { toggles: { restartNeededForConnectors: true } });
    await lab.run("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", Port: 2526 });
    await lab.sync("MBX01", "EDGE01");
    lab.organisation.setToggles({ restartNeededForConnectors: false });
    const { transport, world } = lab.organisation.lab;
    const ports = (): unknown[] => transport.connectors(world.server("EDGE01")).map((bag) => bag.Port);
    lab.advance(3600);
    assert.ok(!ports().includes(2526));
    lab.advance(43_200);
    assert.ok(ports().includes(2526));
    // A backstop of no time is none: the clock must come to an end.
    const none = await open("contoso", { latencies: { connectorBackstop: 0 } });
    await none.organisation.service.restart("EDGE01", "MSExchangeTransport", []);
    none.advance(60);
  });

  it("T17 every session of Exchange servers meets the internal certificate too", async () => {
    const lab = await open();
    // 9 days left.
    lab.organisation.smtpIdentity("EDGE01");
    assert.deepEqual(
      [12017, 12018].filter((id) => !lab.eventIds("EDGE01").includes(id)),
      [],
    );
    const other = await open();
    await other.run("EDGE01", "Set-ReceiveConnector", {
      Identity: "EDGE01\\Default internal receive connector EDGE01",
      AuthMechanism: "Tls",
    });
    other.organisation.smtpIdentity("EDGE01");
    assert.ok(!other.eventIds("EDGE01").includes(12017));
  });

  it("T18 a start tells at once that the internal certificate cannot be loaded", async () => {
    const lab = await open("ebs2008");
    assert.ok(lab.eventIds("MESSAGING").some((id) => id === 12023 || id === 12024));
  });
});
