/** The agent's removal of a replaced copy on a Mailbox server, and its look at a chain: the lab's twins. // protocol.ts */
import assert from "node:assert/strict";
import { readCertificate } from "../../../../provider/pki";
import { issuedCertificates } from "../../../../lab/issued";
import { control, startTestLab } from "../../../support/lab";
import type { Lab } from "../../../../lab/start";

describe("certificate.removeReplaced in the lab", () => {
  let lab: Lab;
  let v1: string;
  let v2: string;
  const host = "MBX01";
  beforeEach(async () => {
    lab = await startTestLab({ scenario: "contoso" });
    const issued = (name: string) => issuedCertificates(lab.organisation).find((one) => one.name === name)!;
    [v1, v2] = ["v1", "v2"].map((name) => readCertificate(issued(name).pem).thumbprint);
    const { pfx, password } = issued("v2");
    await run("Import-ExchangeCertificate", { FileData: { $bytes: pfx }, Password: { $secure: password } });
  });
  afterEach(() => lab.close());
  const run = (cmdlet: string, parameters: object) => control(lab).operator(host, cmdlet, parameters);
  const access = () => run("Enable-ExchangeCertificate", { Thumbprint: v2, Services: "None", NetworkServiceAllowed: true });
  const remove = (thumbprint = v1, keep = v2) => lab.organisation.certificate.removeReplaced(host, thumbprint, keep);

  it("takes it out where nothing needs it; a second time there is nothing", async () => {
    await access();
    assert.deepEqual([remove(), remove()], [{ removed: true }, { removed: false }]);
  });

  it("refuses where NETWORK SERVICE read the old key and cannot read the new one", () => {
    assert.throws(() => remove(), /NETWORK SERVICE can read the key of/);
  });

  it("refuses on an Edge, with another name, with a certificate that is not there", async () => {
    await access();
    assert.throws(() => lab.organisation.certificate.removeReplaced("EDGE01", v1, v2), /no Mailbox server/);
    const setup = lab.organisation.certificate;
    assert.throws(() => setup.removeReplaced(host, v1, "A".repeat(40)), /is not in the store/);
    assert.throws(() => remove(v1, v1), /is the one to remove/);
  });

  it("refuses the default, an Auth certificate, one that IIS serves", async () => {
    await access();
    await run("Enable-ExchangeCertificate", { Thumbprint: v1, Services: "IIS", Force: true });
    assert.throws(() => remove(), /enabled for IIS/);
    await run("Enable-ExchangeCertificate", { Thumbprint: v2, Services: "IIS", Force: true });
    await run("Set-AuthConfig", { NewCertificateThumbprint: v1, Force: true });
    assert.throws(() => remove(), /is an Auth certificate/);
    await run("Set-AuthConfig", { NewCertificateThumbprint: v2, Force: true });
    await run("Enable-ExchangeCertificate", { Thumbprint: v1, Services: "SMTP", Force: true });
    assert.throws(() => remove(), /is the default certificate/);
  });
});

describe("a binding of http.sys in the lab", () => {
  it("keeps a replaced copy", async () => {
    const lab = await startTestLab({
      scenario: {
        name: "bound",
        domain: "contoso.com",
        authorities: { root: { subject: "CN=Root" } },
        certificates: {
          old: { authority: "root", subject: "CN=mail.contoso.com" },
          new: { authority: "root", subject: "CN=mail.contoso.com" },
        },
        servers: [
          {
            name: "MBX01",
            fqdn: "mbx01.contoso.com",
            role: "Mailbox",
            chain: ["root"],
            certificates: [{ certificate: "old", httpSys: ["0.0.0.0:8443"] }, { certificate: "new" }],
          },
        ],
      },
    });
    try {
      const of = (name: string) => readCertificate(issuedCertificates(lab.organisation).find((one) => one.name === name)!.pem).thumbprint;
      assert.throws(() => lab.organisation.certificate.removeReplaced("MBX01", of("old"), of("new")), /http\.sys has a binding to/);
    } finally {
      await lab.close();
    }
  });
});

describe("chain.trust in the lab", () => {
  let lab: Lab;
  before(async () => {
    lab = await startTestLab({ scenario: "contoso" });
  });
  after(() => lab.close());
  const der = (pem: string) => readCertificate(pem).der;
  const issued = (name: string) => issuedCertificates(lab.organisation).find((one) => one.name === name)!;
  const ask = (name: string, chain: readonly string[]) => lab.organisation.chain.trust("EDGE01", der(issued(name).pem), chain.map(der));

  it("finds a root that the host trusts", () => {
    const { status, problems } = ask("v2", []);
    assert.deepEqual([status, problems], ["Valid", []]);
  });

  it("takes a root that it does not trust where the source brings it, and nowhere else", () => {
    const { pem, chainPem } = issued("foreignRoot");
    assert.deepEqual(lab.organisation.chain.trust("EDGE01", der(pem), []), { status: "Untrusted", root: null, problems: ["PartialChain"] });
    const root = readCertificate(chainPem.at(-1)!).thumbprint;
    assert.deepEqual(ask("foreignRoot", chainPem), { status: "Valid", root, problems: ["UntrustedRoot"] });
  });

  it("a missing intermediate leaves it partial; the source's own completes it", () => {
    assert.deepEqual([ask("v3", []).status, ask("v3", issued("v3").chainPem).status], ["Untrusted", "Valid"]);
    assert.equal(ask("expired", []).status, "DateInvalid");
  });
});
