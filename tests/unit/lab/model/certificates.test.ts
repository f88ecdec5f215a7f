import assert from "node:assert/strict";
import { SecureText } from "../../../../lab/model/contract";
import { certificateOf, closeAll, open, type Parameters } from "./support";

describe("lab model: certificates", () => {
  afterEach(closeAll);

  it("C1 import gives no services, no default, no chain, no export", async () => {
    const lab = await open();
    const before = lab.server("EDGE01").defaultThumbprint;
    const thumbprint = await lab.import("EDGE01", "v3");
    const [object] = await lab.run("EDGE01", "Get-ExchangeCertificate", { Thumbprint: thumbprint });
    assert.equal(object.Services, "None");
    assert.equal(object.PrivateKeyExportable, false);
    assert.equal(object.Status, "Untrusted", "the other issuing CA was in the PFX and is not installed");
    assert.equal(lab.server("EDGE01").defaultThumbprint, before);
  });

  it("C2 the same thumbprint again is an error", async () => {
    const lab = await open();
    await lab.import("EDGE01", "v2");
    const { pfx, password } = lab.certificate("v2");
    const failure = await lab.failure("EDGE01", "Import-ExchangeCertificate", { FileData: pfx, Password: new SecureText(password) });
    assert.match(failure.message, /^A special Rpc error occurs on server EDGE01: .*already exists/);
  });

  it("C3 a wrong password is refused and changes nothing", async () => {
    const lab = await open();
    const before = lab.server("EDGE01").certificates.length;
    const failure = await lab.failure("EDGE01", "Import-ExchangeCertificate", {
      FileData: lab.certificate("v2").pfx,
      Password: new SecureText("wrong"),
    });
    assert.match(failure.message, /wrong password/);
    assert.equal(lab.server("EDGE01").certificates.length, before);
  });

  it("C4 a bare certificate without a pending request ends up without a key", async () => {
    const lab = await open();
    const { der, thumbprint } = certificateOf(lab.certificate("v2").pem);
    await lab.run("EDGE01", "Import-ExchangeCertificate", { FileData: der });
    assert.equal(lab.organisation.certificate.inspect("EDGE01", thumbprint).hasPrivateKey, false);
    const failure = await lab.failure("EDGE01", "Remove-ExchangeCertificate", { Thumbprint: thumbprint, Confirm: false });
    assert.match(failure.message, /PrivateKeyNotAccessible/, "and cannot be removed");
  });

  it("C5 the default question refuses in a shell that cannot ask, key access granted", async () => {
    const lab = await open();
    const before = lab.server("EDGE01").defaultThumbprint;
    const thumbprint = await lab.import("EDGE01", "v2");
    for (const extra of [{}, { Confirm: false }] as Parameters[]) {
      const failure = await lab.failure("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "SMTP", ...extra });
      assert.equal(failure.kind, "PromptRefused");
      assert.match(failure.message, /Overwrite the existing default SMTP certificate\?/);
    }
    assert.equal(lab.server("EDGE01").defaultThumbprint, before);
    assert.equal(lab.organisation.certificate.inspect("EDGE01", thumbprint).networkService, true);
  });

  it("C6 -Force replaces the default; AD LDS keeps presenting the old one", async () => {
    const lab = await open();
    const old = lab.server("EDGE01").ldapsThumbprint;
    const thumbprint = await lab.import("EDGE01", "v2");
    await lab.enable("EDGE01", thumbprint);
    await lab.restartLds("EDGE01");
    assert.equal(lab.server("EDGE01").defaultThumbprint, thumbprint);
    assert.equal(lab.server("EDGE01").ldapsThumbprint, old);
  });

  it("C7 Services None with NetworkServiceAllowed grants key access, asks nothing", async () => {
    const lab = await open();
    const before = lab.server("EDGE01").defaultThumbprint;
    const thumbprint = await lab.import("EDGE01", "v2");
    await lab.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "None", NetworkServiceAllowed: true });
    const [object] = await lab.run("EDGE01", "Get-ExchangeCertificate", { Thumbprint: thumbprint });
    assert.equal(object.Services, "SMTP");
    assert.equal(lab.server("EDGE01").defaultThumbprint, before);
  });

  it("C8 services are additive", async () => {
    const lab = await open();
    const thumbprint = await lab.import("MBX01", "web");
    await lab.run("MBX01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: ["IIS", "POP", "IMAP"] });
    await lab.run("MBX01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: ["POP"] });
    const [object] = await lab.run("MBX01", "Get-ExchangeCertificate", { Thumbprint: thumbprint });
    assert.equal(object.Services, "IMAP, POP, IIS");
    assert.equal(object.ServicesStringForm, "IP.W...");
  });

  for (const service of ["IMAP", "POP", "UM", "IIS"])
    it(`C9 an Edge refuses ${service}`, async () => {
      const lab = await open();
      const thumbprint = await lab.import("EDGE01", "v2");
      const failure = await lab.failure("EDGE01", "Enable-ExchangeCertificate", {
        Thumbprint: thumbprint,
        Services: [service, "SMTP"],
        Force: true,
      });
      assert.match(failure.message, /special Rpc error/);
      assert.equal(lab.organisation.certificate.inspect("EDGE01", thumbprint).networkService, false);
    });

  for (const [name, reason] of [
    ["ec", "PublicKeyUnsupportedAlgorithm"],
    ["clientOnly", "NotSuitableForServerAuthentication"],
  ])
    it(`C10 Enable refuses ${name}`, async () => {
      const lab = await open();
      const thumbprint = await lab.import("EDGE01", name);
      const failure = await lab.failure("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "SMTP", Force: true });
      assert.match(failure.message, new RegExp(reason));
    });

  for (const name of ["expired", "notYetValid", "foreignRoot"])
    it(`C11 Enable does not look at dates or trust: ${name}`, async () => {
      const lab = await open();
      const thumbprint = await lab.import("EDGE01", name);
      await lab.enable("EDGE01", thumbprint);
      assert.equal(lab.server("EDGE01").defaultThumbprint, thumbprint);
    });

  it("C12 refusal 1: the default cannot be removed", async () => {
    const lab = await open();
    const failure = await lab.failure("EDGE01", "Remove-ExchangeCertificate", {
      Thumbprint: lab.installed("EDGE01", "v1"),
      Confirm: false,
    });
    assert.match(
      failure.message,
      /^A special Rpc error occurs on server EDGE01: The internal transport certificate cannot be removed because/,
    );
    assert.equal(failure.category, "InvalidArgument");
  });

  for (const host of ["EDGE01", "MBX01"])
    it(`C13 refusal 2 on ${host}: connectors carry issuer and subject`, async () => {
      const lab = await open();
      const v2 = await lab.import(host, "v2");
      const failure = await lab.failure(host, "Remove-ExchangeCertificate", { Thumbprint: v2, Confirm: false });
      assert.match(failure.message, /tagged with following Send Connectors : Outbound to Office 365\./);
    });

  it("C14 refusal 2 on an Edge is a toggle", async () => {
    const lab = await open("contoso", { toggles: { refusal2OnEdge: false } });
    const v2 = await lab.import("EDGE01", "v2");
    await lab.run("EDGE01", "Remove-ExchangeCertificate", { Thumbprint: v2, Confirm: false });
    assert.equal(lab.organisation.certificate.inspect("EDGE01", v2).found, false);
  });

  it("C15 Remove asks unless -Confirm:$false", async () => {
    const lab = await open();
    const v3 = await lab.import("EDGE01", "v3");
    const failure = await lab.failure("EDGE01", "Remove-ExchangeCertificate", { Thumbprint: v3 });
    assert.equal(failure.kind, "PromptRefused");
    assert.equal(lab.organisation.certificate.inspect("EDGE01", v3).found, true);
  });

  it("C16 certificate cmdlets need MSExchangeServiceHost", async () => {
    const lab = await open();
    await lab.organisation.service.stop("EDGE01", "MSExchangeServiceHost");
    const failure = await lab.failure("EDGE01", "Get-ExchangeCertificate");
    assert.equal(failure.category, "ResourceUnavailable");
  });

  it("C17 Get lists newest NotBefore first, and setup's certificates as made", async () => {
    const lab = await open();
    const objects = await lab.run("MBX01", "Get-ExchangeCertificate");
    const dates = objects.map((object) => (object.NotBefore as Date).getTime());
    assert.deepEqual(
      dates,
      [...dates].sort((a, b) => b - a),
    );
    const setup = objects.find((object) => object.Subject === "CN=MBX01");
    assert.equal(setup?.Services, "IMAP, POP, IIS, SMTP");
    assert.equal(setup?.RootCAType, "Registry");
    assert.equal(setup?.PrivateKeyExportable, false);
    const auth = objects.find((object) => String(object.Subject).includes("Auth Certificate"));
    assert.equal(auth?.Services, "SMTP");
  });

  it("C18 replacing a Mailbox default re-encrypts its EdgeSync credentials", async () => {
    const lab = await open();
    const thumbprint = await lab.import("MBX01", "web");
    await lab.enable("MBX01", thumbprint);
    const [result] = await lab.sync("MBX01", "EDGE01");
    assert.equal(result.Result, "Success");
  });

  it("C19 toggle: a replaced Mailbox default cannot decrypt (1033)", async () => {
    const lab = await open("contoso", { toggles: { mailboxDefaultReencrypts: false } });
    const thumbprint = await lab.import("MBX01", "web");
    await lab.enable("MBX01", thumbprint);
    const [result] = await lab.sync("MBX01", "EDGE01");
    assert.equal(result.Result, "CouldNotConnect");
    assert.equal(result.FailureDetails, "");
    assert.ok(lab.eventIds("MBX01").includes(1033));
  });

  it("C20 New-ExchangeCertificate: SMTP, names of the server, 60 months, the question", async () => {
    const lab = await open();
    const failure = await lab.failure("EDGE01", "New-ExchangeCertificate");
    assert.equal(failure.kind, "PromptRefused");
    const [object] = await lab.run("EDGE01", "New-ExchangeCertificate", { Force: true });
    assert.equal(object.Subject, "CN=EDGE01");
    assert.deepEqual(object.CertificateDomains, ["EDGE01", "edge01.contoso.com"]);
    assert.equal(object.RootCAType, "None");
    assert.equal(lab.server("EDGE01").defaultThumbprint, object.Thumbprint);
    const years = ((object.NotAfter as Date).getTime() - (object.NotBefore as Date).getTime()) / 31_556_952_000;
    assert.ok(Math.abs(years - 5) < 0.02);
  });

  it("C21 a request stays pending until its certificate is imported", async () => {
    const lab = await open();
    const [{ value }] = await lab.run("EDGE01", "New-ExchangeCertificate", {
      GenerateRequest: true,
      SubjectName: "CN=new.contoso.com, O=Contoso",
      DomainName: ["new.contoso.com"],
    });
    const pending = (await lab.run("EDGE01", "Get-ExchangeCertificate")).find((object) => object.Status === "PendingRequest");
    assert.equal(pending?.Subject, "CN=new.contoso.com, O=Contoso");
    const reply = lab.organisation.certreq("EDGE01", "dc01\\Contoso Issuing CA", "WebServer", String(value));
    assert.equal(reply.disposition, "issued");
    const [object] = await lab.run("EDGE01", "Import-ExchangeCertificate", { FileData: Buffer.from(reply.certificate ?? "") });
    assert.equal(object.HasPrivateKey, true);
    assert.equal(object.Subject, "CN=new.contoso.com, O=Contoso");
    assert.ok(!(await lab.run("EDGE01", "Get-ExchangeCertificate")).some((other) => other.Status === "PendingRequest"));
  });

  it("C22 export needs an exportable key", async () => {
    const lab = await open("msxfaq");
    const [exported] = await lab.run("EX01", "Export-ExchangeCertificate", {
      Thumbprint: lab.installed("EX01", "new"),
      BinaryEncoded: true,
      Password: new SecureText("x"),
    });
    assert.ok((exported.FileData as Buffer).length > 500);
    const failure = await lab.failure("EDGE1", "Export-ExchangeCertificate", {
      Thumbprint: lab.installed("EDGE1", "old"),
      BinaryEncoded: true,
      Password: new SecureText("x"),
    });
    assert.match(failure.message, /not exportable/);
  });

  it("C23 -Services None with an EC or keyless certificate skips the validity check", async () => {
    const lab = await open();
    const thumbprint = await lab.import("EDGE01", "ec");
    await lab.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "None", NetworkServiceAllowed: true });
    assert.equal(lab.organisation.certificate.inspect("EDGE01", thumbprint).networkService, true);
  });

  it("C24 guarded removal holds every guard of the agent", async () => {
    const lab = await open();
    const v1 = lab.installed("EDGE01", "v1");
    const v2 = await lab.import("EDGE01", "v2");
    const remove = (): { removed: boolean } => lab.organisation.certificate.remove("EDGE01", v1, v2, v2);
    assert.throws(remove, /NETWORK SERVICE/);
    await lab.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: v2, Services: "None", NetworkServiceAllowed: true });
    assert.throws(remove, /default/);
    await lab.enable("EDGE01", v2);
    assert.throws(remove, /not stopped/);
    await lab.organisation.service.stop("EDGE01", "MSExchangeTransport");
    assert.deepEqual(remove(), { removed: true });
    assert.deepEqual(remove(), { removed: false });
  });

  it("C25 a lost Mailbox default: New mends it, Enable fails after the change", async () => {
    const lab = await open("ebs2008");
    const [warning] = await lab.warnings("MESSAGING", "New-ExchangeCertificate", { DomainName: ["MESSAGING", "messaging.ebs.local"] });
    assert.match(warning, /^The internal transport certificate for the local server was corrupted or missing in Active Directory\./);
    const other = await open("ebs2008");
    const [{ value }] = await other.run("MESSAGING", "New-ExchangeCertificate", { GenerateRequest: true });
    const reply = other.organisation.certreq("MESSAGING", "messaging\\EBS-CA", "WebServer", String(value));
    const [object] = await other.run("MESSAGING", "Import-ExchangeCertificate", { FileData: Buffer.from(reply.certificate ?? "") });
    await other.failure("MESSAGING", "Enable-ExchangeCertificate", {
      Thumbprint: String(object.Thumbprint),
      Services: "SMTP",
      Force: true,
    });
    assert.equal(other.server("MESSAGING").defaultThumbprint, object.Thumbprint);
  });
});
