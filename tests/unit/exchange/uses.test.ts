import assert from "node:assert/strict";
import { usesOf, type Usage, type UsedCertificate } from "../../../provider/exchange/uses";

const NOW = new Date("2026-11-22T12:00:00Z");
const NOTHING: Usage = { default: "", names: [], fqdns: [], ldaps: "", bindings: [], auth: [] };

function certificate(thumbprint: string, more: Partial<UsedCertificate> = {}): UsedCertificate {
  return {
    thumbprint: thumbprint.repeat(40),
    commonName: "mail.contoso.com",
    domainNames: ["mail.contoso.com"],
    tlsCertificateName: "<I>CN=CA<S>CN=mail.contoso.com",
    notBefore: new Date("2026-01-01T00:00:00Z"),
    notAfter: new Date("2026-12-01T00:00:00Z"),
    services: ["SMTP"],
    hasPrivateKey: true,
    status: "Valid",
    ...more,
  };
}
const one = certificate("A");
const uses = (usage: Partial<Usage>, it: UsedCertificate = one, others: UsedCertificate[] = []): string[] =>
  usesOf(it, [it, ...others], { ...NOTHING, ...usage }, NOW);

describe("uses of a certificate", () => {
  it("finds each of them", () => {
    assert.deepEqual(uses({ default: one.thumbprint.toLowerCase() }), ["default"]);
    assert.deepEqual(uses({}, certificate("A", { services: ["IMAP", "IIS", "SMTP"] })), ["IMAP", "IIS"]);
    assert.deepEqual(uses({ ldaps: one.thumbprint }), ["LDAPS"]);
    assert.deepEqual(uses({ bindings: [one.thumbprint] }), ["IIS binding"]);
    assert.deepEqual(uses({ auth: [one.thumbprint] }), ["Auth configuration"]);
    const names = [{ object: "hybrid configuration", tlsCertificateName: "<i>CN=CA<s>cn=mail.contoso.com" }];
    assert.deepEqual(uses({ names }), ["hybrid configuration"]);
  });

  it("counts SMTP where STARTTLS looks by a name that the certificate has", () => {
    const fqdns = (fqdn: string): Partial<Usage> => ({ fqdns: [{ object: "Default EDGE01", fqdn }] });
    assert.deepEqual(uses(fqdns("MAIL.contoso.com")), ["STARTTLS of Default EDGE01"]);
    assert.deepEqual(uses(fqdns("edge01.contoso.com")), []);
    assert.deepEqual(uses(fqdns("edge01.contoso.com"), certificate("A", { domainNames: ["*.contoso.com"] })), [
      "STARTTLS of Default EDGE01",
    ]);
    assert.deepEqual(uses(fqdns("mail.contoso.com"), certificate("A", { services: [] })), []);
  });

  it("gives a connector's name to the successor of the same name, if that can serve", () => {
    const names = [{ object: "connector Outbound", tlsCertificateName: one.tlsCertificateName }];
    const next = certificate("B", { notBefore: new Date("2026-11-01T00:00:00Z"), notAfter: new Date("2027-11-01T00:00:00Z") });
    assert.deepEqual(uses({ names }, one, [next]), []);
    assert.deepEqual(uses({ names }, next, [one]), ["connector Outbound"]);
    for (const unable of [{ hasPrivateKey: false }, { status: "Untrusted" }, { notBefore: new Date("2026-12-24T00:00:00Z") }])
      assert.deepEqual(uses({ names }, one, [{ ...next, ...unable }]), ["connector Outbound"]);
  });

  it("takes what is not known for a use, except of a certificate without a key", () => {
    assert.deepEqual(uses({ bindings: null, ldaps: null }), ["not known: LDAPS, IIS binding"]);
    assert.deepEqual(uses({}, certificate("A", { services: null })), ["not known: services"]);
    assert.deepEqual(uses({ bindings: null }, certificate("A", { hasPrivateKey: false })), []);
    assert.deepEqual(uses({ bindings: null, default: one.thumbprint }), ["default"], "a use that is known says enough");
  });
});
