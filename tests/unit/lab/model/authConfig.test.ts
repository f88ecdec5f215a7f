import assert from "node:assert/strict";
import { certificateOf, closeAll, open, type Lab } from "./support";

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** Two Mailbox servers; the Auth certificate of setup has `days` left. */
function twoServers(days: number, removed: string[] = []): Promise<Lab> {
  return open({
    name: "auth",
    domain: "contoso.com",
    auth: { notAfterDays: days },
    certificates: { next: { selfSigned: true, subject: "CN=Microsoft Exchange Server Auth Certificate", notAfterDays: 1800 } },
    servers: [
      { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" },
      { name: "MBX02", fqdn: "mbx02.contoso.com", role: "Mailbox", removed },
    ],
  });
}

interface Auth {
  current: string;
  previous: string | null;
  next: string | null;
  nextEffective: string | null;
}
const state = (lab: Lab): Auth => lab.organisation.state().authConfig as Auth;

async function installed(lab: Lab, host: string, thumbprint: string): Promise<boolean> {
  return (await lab.run(host, "Get-ExchangeCertificate")).some((one) => one.Thumbprint === thumbprint);
}
/** While the Auth certificate has expired, Import-ExchangeCertificate shows no thumbprint. */
async function importNext(lab: Lab): Promise<string> {
  await lab.import("MBX01", "next", { PrivateKeyExportable: true });
  return certificateOf(lab.certificate("next").pem).thumbprint;
}
const inHours = (lab: Lab, hours: number): Date => new Date(lab.organisation.now().getTime() + hours * HOUR * 1000);

describe("lab model: authorization configuration", () => {
  afterEach(closeAll);

  it("A1 a next Auth certificate is copied, and published when its date has come", async () => {
    const lab = await twoServers(20);
    const before = state(lab);
    const next = await importNext(lab);
    await lab.run("MBX01", "Set-AuthConfig", { NewCertificateThumbprint: next, NewCertificateEffectiveDate: inHours(lab, 49) });
    const [shown] = await lab.run("MBX02", "Get-AuthConfig");
    assert.equal(shown.NextCertificateThumbprint, next);
    assert.equal(shown.CurrentCertificateThumbprint, before.current);
    lab.advance(2 * HOUR);
    assert.ok(await installed(lab, "MBX02", next), "the service host copies it");
    assert.equal(state(lab).current, before.current, "its date has not come");
    lab.advance(3 * DAY);
    assert.deepEqual(state(lab), { current: next, previous: before.current, next: null, nextEffective: null });
  });

  it("A2 a notice shorter than 48 hours is a question, and -Force answers it", async () => {
    const lab = await twoServers(20);
    const next = await importNext(lab);
    const soon = { NewCertificateThumbprint: next, NewCertificateEffectiveDate: inHours(lab, 1) };
    assert.equal((await lab.failure("MBX01", "Set-AuthConfig", soon)).kind, "PromptRefused");
    assert.equal(state(lab).next, null);
    await lab.run("MBX01", "Set-AuthConfig", { ...soon, Force: true });
    assert.equal(state(lab).next, next);
  });

  it("A3 what is not installed there, or has expired, or has no key, is refused", async () => {
    const lab = await twoServers(-1);
    const { current } = state(lab);
    const date = inHours(lab, 100);
    const set = (thumbprint: string, host = "MBX01") =>
      lab.failure(host, "Set-AuthConfig", { NewCertificateThumbprint: thumbprint, NewCertificateEffectiveDate: date });
    assert.match((await set("F".repeat(40))).message, /was not found/);
    assert.match((await set(current)).message, /DateInvalid/);
    const next = await importNext(lab);
    assert.match((await set(next, "MBX02")).message, /was not found/);
  });

  it("A4 -PublishCertificate needs a next certificate, and rolls over at once", async () => {
    const lab = await twoServers(-1);
    const { current } = state(lab);
    assert.equal((await lab.failure("MBX01", "Set-AuthConfig", { PublishCertificate: true })).category, "InvalidArgument");
    const next = await importNext(lab);
    await lab.run("MBX01", "Set-AuthConfig", { NewCertificateThumbprint: next, NewCertificateEffectiveDate: inHours(lab, 0), Force: true });
    await lab.run("MBX01", "Set-AuthConfig", { PublishCertificate: true });
    assert.deepEqual(state(lab), { current: next, previous: current, next: null, nextEffective: null });
    await lab.run("MBX01", "Set-AuthConfig", { ClearPreviousCertificate: true });
    assert.equal(state(lab).previous, null);
  });

  it("A5 a current Auth certificate that is missing on one server is copied there", async () => {
    const lab = await twoServers(400, ["auth"]);
    const { current } = state(lab);
    assert.equal(await installed(lab, "MBX02", current), false);
    lab.advance(13 * HOUR);
    assert.ok(await installed(lab, "MBX02", current));
  });

  it("A6 parameters of two sets are ambiguous, and an Edge has no such cmdlet", async () => {
    const lab = await open();
    const both = { PublishCertificate: true, NewCertificateThumbprint: "F".repeat(40) };
    assert.match((await lab.failure("MBX01", "Set-AuthConfig", both)).fqid, /^AmbiguousParameterSet/);
    assert.equal((await lab.failure("EDGE01", "Get-AuthConfig")).kind, "CommandNotFound");
  });
});
