import assert from "node:assert/strict";
import { LATENCIES, TOGGLES } from "../../../../lab/model/settings";
import { closeAll, open } from "./support";

describe("lab model: open points as toggles", () => {
  afterEach(closeAll);

  it("G1 enableWithoutForce: No leaves the old default without an error", async () => {
    const lab = await open("contoso", { toggles: { enableWithoutForce: "answersNo" } });
    const v2 = await lab.import("EDGE01", "v2");
    const enable = (): Promise<unknown> => lab.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: v2, Services: "SMTP" });
    await enable();
    assert.equal(lab.server("EDGE01").defaultThumbprint, lab.installed("EDGE01", "v1"));
    assert.equal(lab.organisation.certificate.inspect("EDGE01", v2).networkService, true);
    lab.organisation.setToggles({ enableWithoutForce: "answersYes" });
    await enable();
    assert.equal(lab.server("EDGE01").defaultThumbprint, v2);
  });

  it("G2 enableConfirmFalse: -Confirm:$false may answer", async () => {
    const lab = await open("contoso", { toggles: { enableConfirmFalse: "answersNo" } });
    const v2 = await lab.import("EDGE01", "v2");
    await lab.run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: v2, Services: "SMTP", Confirm: false });
    assert.notEqual(lab.server("EDGE01").defaultThumbprint, v2);
    assert.equal((await lab.failure("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: v2, Services: "SMTP" })).kind, "PromptRefused");
  });

  it("G3 servicesNoneGrantsAccess off: the build refuses the way around the question", async () => {
    const lab = await open("contoso", { toggles: { servicesNoneGrantsAccess: false } });
    const v2 = await lab.import("EDGE01", "v2");
    await lab.failure("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: v2, Services: "None", NetworkServiceAllowed: true });
    assert.equal(lab.organisation.certificate.inspect("EDGE01", v2).networkService, false);
  });

  it("G4 smtpEnableCopiesToAdLds: a restart is then enough", async () => {
    const lab = await open("contoso", { toggles: { smtpEnableCopiesToAdLds: true } });
    const v2 = await lab.import("EDGE01", "v2");
    await lab.enable("EDGE01", v2);
    await lab.restartLds("EDGE01");
    assert.equal(lab.server("EDGE01").ldapsThumbprint, v2);
  });

  it("G5 newCertificateReplacesDefault: a made certificate becomes the default", async () => {
    const lab = await open("contoso", { toggles: { newCertificateReplacesDefault: true } });
    const [object] = await lab.run("EDGE01", "New-ExchangeCertificate");
    assert.equal(lab.server("EDGE01").defaultThumbprint, object.Thumbprint);
  });

  it("G6 duplicateNameBreaksTls: two certificates of one name stop its mail", async () => {
    const lab = await open("contoso", { toggles: { duplicateNameBreaksTls: true } });
    for (const edge of ["EDGE01", "EDGE02"]) await lab.import(edge, "v2");
    await lab.mail("MBX01", "1", "a@contoso.mail.onmicrosoft.com");
    lab.advance(5);
    assert.match([...lab.queueErrors("EDGE01"), ...lab.queueErrors("EDGE02")][0], /451 4\.4\.395/);
    lab.organisation.setToggles({ duplicateNameBreaksTls: false });
    lab.advance(61);
    assert.equal(lab.counters.delivered, 1);
  });

  it("G7 directTrust by public key: a renewal that keeps the key keeps mail flowing", async () => {
    const lab = await open("contoso", { toggles: { directTrust: "publicKey" } });
    await lab.enable("EDGE01", await lab.import("EDGE01", "sameKey"));
    await lab.mail("EDGE01", "1", "a@contoso.com");
    lab.advance(3);
    assert.equal(lab.counters.delivered, 1);
    lab.organisation.setToggles({ directTrust: "certificate" });
    await lab.mail("EDGE01", "2", "a@contoso.com");
    lab.advance(3);
    assert.equal(lab.counters.delivered, 1);
  });

  it("G23 directTrustLearns edgeSync: mail waits after an import for EdgeSync", async () => {
    const rotated = async (directTrustLearns: string) => {
      const lab = await open("contoso", { toggles: { directTrustLearns } });
      await lab.enable("EDGE01", await lab.import("EDGE01", "v2"));
      const file = await lab.export("EDGE01");
      await lab.restartLds("EDGE01");
      await lab.subscribe("MBX01", file);
      await lab.mail("EDGE01", "1", "a@contoso.com");
      await lab.mail("MBX01", "2", "a@fabrikam.com");
      lab.advance(70);
      return lab;
    };
    assert.equal((await rotated("import")).counters.delivered, 2);
    const lab = await rotated("edgeSync");
    for (const host of ["EDGE01", "MBX01"]) assert.match(lab.queueErrors(host)[0], /454 4\.7\.0/);
    lab.advance(600);
    assert.equal(lab.counters.delivered, 2, "EdgeSync has taken the new certificate, and every mail arrives");
  });

  it("G8 adLdsBind fails: the export stops after the store was changed", async () => {
    const lab = await open("contoso", { toggles: { adLdsBind: "fails" } });
    await lab.failure("EDGE01", "New-EdgeSubscription", { FileName: "a.xml", Force: true });
    assert.deepEqual(lab.server("EDGE01").files, []);
  });

  it("G9 revocationCheck fails: the status says so, and the certificate is still taken", async () => {
    const lab = await open("contoso", { toggles: { revocationCheck: "fails" } });
    const v1 = lab.installed("EDGE01", "v1");
    const [object] = await lab.run("EDGE01", "Get-ExchangeCertificate", { Thumbprint: v1 });
    assert.equal(object.Status, "RevocationCheckFailure");
    assert.equal(lab.organisation.smtpIdentity("EDGE01")?.thumbprint, v1);
  });

  it("G10 shadowQueues off: nothing is shown after the hand-over", async () => {
    const lab = await open("contoso", { toggles: { shadowQueues: false } });
    await lab.mail("EDGE01", "1", "a@contoso.com");
    lab.advance(3);
    assert.ok(!(await lab.run("EDGE01", "Get-Queue")).some((queue) => queue.DeliveryType === "ShadowRedundancy"));
  });

  it("every toggle and latency has a meaning and a source", () => {
    for (const [name, setting] of [...Object.entries(TOGGLES), ...Object.entries(LATENCIES)])
      assert.ok(setting.meaning && setting.source, name);
  });

  it("G11 newDefaultServices: New-ExchangeCertificate without -Services", async () => {
    const lab = await open("contoso", { toggles: { newDefaultServices: "IMAP, POP, SMTP" } });
    const [made] = await lab.run("MBX01", "New-ExchangeCertificate", { DomainName: ["other.contoso.com"], Force: true });
    assert.equal(made.Services, "IMAP, POP, SMTP");
    lab.organisation.setToggles({ newDefaultServices: "SMTP" });
    const [smtp] = await lab.run("MBX01", "New-ExchangeCertificate", { DomainName: ["third.contoso.com"], Force: true });
    assert.equal(smtp.Services, "SMTP");
  });

  it("G12 fewerServicesUnbind: Enable without SMTP takes SMTP away", async () => {
    const lab = await open("contoso", { toggles: { fewerServicesUnbind: true } });
    const thumbprint = await lab.import("MBX01", "v2");
    await lab.enable("MBX01", thumbprint);
    await lab.enable("MBX01", thumbprint, { Services: "IIS" });
    const found = lab.server("MBX01").certificates.find((one) => one.thumbprint === thumbprint);
    assert.deepEqual(found?.services, ["IIS"]);
  });
});
