/** A key that is born on the server, a request signed by an authority outside, and the answer installed. */
import assert from "node:assert/strict";
import { readCertificate, readRequest } from "../../../provider/pki";
import { makeAuthority, type Authority } from "../../support/certificates";
import { rigForEach, type Program } from "../../support/stories/rig";

const SUBJECT = "CN=mail.contoso.com, O=Contoso, C=US";
const NAMES = ["mail.contoso.com", "mbx01.contoso.com"];

for (const certificateObjects of ["shell", "rawData"])
  describe(`CertificateRequest, and its answer (objects: ${certificateObjects})`, () => suite(certificateObjects));

function suite(certificateObjects: string): void {
  const rig = rigForEach(() => ({ toggles: { certificateObjects } }));
  let authority: Authority;
  before(async () => {
    authority = await makeAuthority("CN=Outside CA, O=Northwind, C=US");
  });

  /** What a program with `@pulumi/tls` or an ACME provider does between the two resources. */
  const sign = (csr: string): string => authority.signRequest(csr, { notAfter: new Date(Date.now() + 365 * 86_400_000) }).pem;
  const request = { host: () => rig().host("MBX01"), subject: SUBJECT, domainNames: NAMES };
  const program =
    (more: object = {}, answered = true): Program =>
    async (declare) => {
      const made = await declare("CertificateRequest", "request", { ...request, host: request.host(), ...more });
      if (!answered) return;
      const certificate = answers.get(String(made.csr)) ?? sign(String(made.csr));
      answers.set(String(made.csr), certificate);
      const source = { request: made.publicKeySha256, certificate, chain: [authority.certificate.pem] };
      await declare("Certificate", "certificate", { host: request.host(), source, services: ["IIS"] });
    };
  const answers = new Map<string, string>();

  it("makes the key on the server and gives out a request that says what was asked", async () => {
    await rig().apply(program({}, false));
    const { csr, publicKeySha256 } = rig().outs("request");
    assert.equal(readRequest(String(csr)).publicKeySha256, publicKeySha256);
    const { subject, domainNames } = readCertificate(sign(String(csr)));
    assert.deepEqual([subject, domainNames], [SUBJECT, NAMES]);
    assert.equal(rig().server("MBX01").requests.length, 1);
    await rig().settled(program({}, false));
  });

  it("installs the answer with the key that waited, its root first, and enables it", async () => {
    const run = await rig().apply(program());
    const { thumbprint } = rig().outs("certificate");
    const installed = rig().certificate("MBX01", String(thumbprint))!;
    assert.deepEqual(installed.services.includes("IIS"), true);
    assert.equal(rig().server("MBX01").requests.length, 0, "the pending request is completed");
    assert.ok(rig().server("MBX01").chain.includes(authority.certificate.thumbprint));
    assert.ok(run.mutating.indexOf("MBX01:chain.import") < run.mutating.indexOf("MBX01:Import-ExchangeCertificate"), run.mutating.join());
    await rig().settled(program());
  });

  it("a request that was completed stays what it is: read finds its certificate", async () => {
    await rig().apply(program());
    assert.equal((await rig().read("request")).publicKeySha256, rig().outs("request").publicKeySha256);
  });

  it("refuses an answer whose key waits on no server, with nothing changed", async () => {
    const stranger = await authority.issue({ subject: SUBJECT, domainNames: NAMES });
    const source = { request: "00", certificate: stranger.certificate.pem, chain: [authority.certificate.pem] };
    const { text, mutating } = await rig().fails(rig().one("Certificate", { host: request.host(), source, services: [] }));
    assert.match(text, /\[REQUEST_NOT_FOUND\] MBX01 has no pending request for the key of/);
    assert.deepEqual(mutating, []);
  });

  it("another subject is another key: the old request goes with the old resource", async () => {
    await rig().apply(program({}, false));
    const before = rig().outs("request").publicKeySha256;
    const run = await rig().apply(program({ subject: "CN=other.contoso.com" }, false));
    assert.deepEqual(run.operations, ["replace request", "delete request"]);
    assert.notEqual(rig().outs("request").publicKeySha256, before);
    assert.deepEqual(
      rig()
        .server("MBX01")
        .requests.map(({ subject }) => subject),
      ["CN=other.contoso.com"],
    );
  });

  it("a request that somebody removed is gone: the next run makes another", async () => {
    await rig().apply(program({}, false));
    const before = rig().outs("request").publicKeySha256;
    const [{ thumbprint }] = rig().server("MBX01").requests;
    await rig().control.operator("MBX01", "Remove-ExchangeCertificate", { Thumbprint: thumbprint, Confirm: false });
    await rig().apply(program({}, false), { refresh: true });
    assert.equal(rig().server("MBX01").requests.length, 1);
    assert.notEqual(rig().outs("request").publicKeySha256, before);
  });
}
