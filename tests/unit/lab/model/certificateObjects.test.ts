import assert from "node:assert/strict";
import forge from "node-forge";
import { SecureText } from "../../../../lab/model/contract";
import { certificateOf, closeAll, open, type Lab } from "./support";

const ARRIVED = ["PSComputerName", "PSShowComputerName", "RawData", "RunspaceId"];
const YEAR = 365 * 86_400;

/** A request on `host`, signed by the authority of contoso's issuing CA. */
async function answered(lab: Lab, host: string, exportable = false): Promise<{ thumbprint: string; pem: string }> {
  const [request] = await lab.run(host, "New-ExchangeCertificate", {
    GenerateRequest: true,
    SubjectName: "CN=mail.contoso.com",
    DomainName: ["mail.contoso.com"],
    PrivateKeyExportable: exportable,
  });
  const { certificate } = lab.organisation.certreq(host, "CA01\\Contoso Issuing CA", "WebServer", String(request.value));
  assert.ok(certificate, "the authority signs");
  return { thumbprint: certificateOf(certificate).thumbprint, pem: certificate };
}

/** A .p7b file of certificates, as an authority hands it out. // RFC 5652 */
function p7b(...pems: string[]): Buffer {
  const container = forge.pkcs7.createSignedData();
  for (const pem of pems) container.addCertificate(pem);
  return Buffer.from(forge.asn1.toDer(container.toAsn1()).getBytes(), "binary");
}

describe("lab model: certificate objects and containers", () => {
  afterEach(closeAll);

  it("C26 a Mailbox server's certificates are whole only with Exchange's assemblies", async () => {
    const lab = await open();
    const [own] = await lab.run("MBX01", "Get-ExchangeCertificate");
    assert.match(String(own.Thumbprint), /^[0-9A-F]{40}$/);
    assert.equal(own.PSComputerName, "mbx01.contoso.com");
    // Signed since the November 2023 updates. // [CSS:NewExchangeCertificateDefaultTransport.xml]
    assert.equal((own.SerializationData as Buffer).subarray(0, 5).toString(), "#sig#");
    const [bare] = await lab.runBare("MBX01", "Get-ExchangeCertificate");
    assert.deepEqual(Object.keys(bare).sort(), ARRIVED);
    assert.equal(certificateOf(bare.RawData as Buffer).thumbprint, own.Thumbprint);
    const [edge] = await lab.run("EDGE01", "Get-ExchangeCertificate");
    assert.equal(edge.PSComputerName, undefined);
    assert.equal(typeof edge.Services, "string");
  });

  it("C27 signed serialisation and an expired Auth certificate: RawData alone", async () => {
    const lab = await open();
    lab.advance(4 * YEAR);
    const [object] = await lab.run("MBX01", "Get-ExchangeCertificate");
    assert.deepEqual(Object.keys(object).sort(), ARRIVED);
    // An update of before: nothing is signed. // 1.3
    const older = await open("same-name-renewal");
    older.advance(4 * YEAR);
    const mailbox = older.organisation.hostNames.find((name) => older.organisation.facts(name).role === "Mailbox");
    const [whole] = await older.run(mailbox!, "Get-ExchangeCertificate");
    assert.equal(typeof whole.Thumbprint, "string");
    assert.notEqual((whole.SerializationData as Buffer).subarray(0, 5).toString(), "#sig#");
  });

  for (const form of ["DER", "PEM"])
    it(`C28 a PKCS#7 container completes a pending request (${form})`, async () => {
      const lab = await open();
      const { thumbprint, pem } = await answered(lab, "EDGE01", true);
      const issuers = lab.certificate("v2").chainPem;
      const der = p7b(...issuers, pem);
      const text = `-----BEGIN PKCS7-----\r\n${der.toString("base64")}\r\n-----END PKCS7-----\r\n`;
      const [object] = await lab.run("EDGE01", "Import-ExchangeCertificate", { FileData: form === "DER" ? der : Buffer.from(text) });
      assert.equal(object.Thumbprint, thumbprint);
      assert.equal(object.HasPrivateKey, true);
      assert.equal(object.PrivateKeyExportable, true);
      assert.equal(object.FriendlyName, "Microsoft Exchange");
      // Chain certificates are not installed, and the request is gone. // [L15] 15.1
      const all = await lab.run("EDGE01", "Get-ExchangeCertificate");
      assert.ok(all.every((one) => one.Status !== "PendingRequest"));
      for (const issuer of issuers) assert.ok(all.every((one) => one.Thumbprint !== certificateOf(issuer).thumbprint));
    });

  it("C29 a PKCS#7 container without a pending request brings no key", async () => {
    const lab = await open();
    const { pem, chainPem } = lab.certificate("v2");
    const [object] = await lab.run("EDGE01", "Import-ExchangeCertificate", { FileData: p7b(...chainPem, pem) });
    assert.equal(object.Thumbprint, certificateOf(pem).thumbprint);
    assert.equal(object.HasPrivateKey, false);
    const failure = await lab.failure("EDGE01", "Import-ExchangeCertificate", { FileData: Buffer.from("no certificate") });
    assert.match(failure.message, /^A special Rpc error occurs on server EDGE01: /);
  });

  it("C30 a friendly name has fewer than 64 characters", async () => {
    const lab = await open();
    const { pfx, password } = lab.certificate("v2");
    const parameters = { FileData: pfx, Password: new SecureText(password), FriendlyName: "x".repeat(64) };
    assert.equal((await lab.failure("EDGE01", "Import-ExchangeCertificate", parameters)).category, "InvalidArgument");
    await lab.import("EDGE01", "v2", { FriendlyName: "x".repeat(63) });
  });

  it("C31 a pending request stands among the certificates, newest NotBefore first", async () => {
    const lab = await open();
    await lab.run("EDGE01", "New-ExchangeCertificate", { GenerateRequest: true, SubjectName: "CN=mail.contoso.com" });
    const all = await lab.run("EDGE01", "Get-ExchangeCertificate");
    const starts = all.map((object) => (object.NotBefore as Date).getTime());
    assert.deepEqual(
      starts,
      [...starts].sort((a, b) => b - a),
    );
    assert.equal(all[0].Status, "PendingRequest");
    assert.equal(all[0].Thumbprint, certificateOf(all[0].RawData as Buffer).thumbprint);
  });

  it("C32 -DomainName judges wildcards in the same pass", async () => {
    const lab = await open({
      name: "domain-name",
      domain: "contoso.com",
      certificates: {
        exact: { selfSigned: true, subject: "CN=edge01.contoso.com", domainNames: ["edge01.contoso.com"], notBeforeDays: -20 },
        wildcard: { selfSigned: true, subject: "CN=*.contoso.com", domainNames: ["*.contoso.com"], notBeforeDays: -10 },
      },
      servers: [
        {
          name: "EDGE01",
          fqdn: "edge01.contoso.com",
          role: "Edge",
          certificates: [{ certificate: "exact", smtp: true }, { certificate: "wildcard" }],
        },
      ],
    });
    const [first] = await lab.run("EDGE01", "Get-ExchangeCertificate", { DomainName: ["edge01.contoso.com"] });
    assert.equal(first.Thumbprint, lab.installed("EDGE01", "wildcard"));
    // Transport takes the exact one: exact names first, and only keys that it can read. // [L15] 15.3
    assert.equal(lab.server("EDGE01").transportThumbprint, lab.installed("EDGE01", "exact"));
  });

  it("C33 a missing IIS stops Enable before key access; a sum of flags names services", async () => {
    const lab = await open();
    const thumbprint = await lab.import("EDGE01", "v2");
    const iis = { Thumbprint: thumbprint, Services: 8 + 16, Force: true };
    const client = await lab.import("EDGE01", "clientOnly");
    assert.match((await lab.failure("EDGE01", "Enable-ExchangeCertificate", { ...iis, Thumbprint: client })).message, /reason: /);
    assert.match((await lab.failure("EDGE01", "Enable-ExchangeCertificate", iis)).message, /IIS/);
    const services = lab.server("EDGE01").certificates.find((one) => one.thumbprint === thumbprint)?.services;
    assert.deepEqual(services, []);
    await lab.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: 16, Force: true });
    assert.equal(lab.server("EDGE01").defaultThumbprint, thumbprint);
  });

  it("C34 New-ExchangeCertificate for a service that the role lacks makes nothing", async () => {
    const lab = await open();
    const before = lab.server("EDGE01").certificates.length;
    await lab.failure("EDGE01", "New-ExchangeCertificate", { Services: "POP", Force: true });
    assert.equal(lab.server("EDGE01").certificates.length, before);
  });

  it("C35 usages and inherited properties print as X509Certificate2 prints them", async () => {
    const lab = await open();
    const [object] = await lab.run("EDGE01", "Get-ExchangeCertificate", { Thumbprint: lab.installed("EDGE01", "v1") });
    assert.deepEqual(object.EnhancedKeyUsageList, ["Server Authentication (1.3.6.1.5.5.7.3.1)"]);
    // [PS:Get-ExchangeCertificate]
    for (const name of ["Archived", "Extensions", "Handle", "IssuerName", "PrivateKey", "PublicKey", "SignatureAlgorithm", "SubjectName"])
      assert.ok(name in object, name);
  });
});
