import assert from "node:assert/strict";
import { coverage } from "../../../provider/exchange/starttlsChoice";
import { askedNames, lostTo, type Asked } from "../../../provider/handlers/certificate/starttls";
import type { Certificate } from "../../../provider/pki";
import { EMPTY_BOOK } from "../../../provider/rotation/claims";

const certificate = {
  commonName: "mail.contoso.com",
  domainNames: ["mail.contoso.com", "*.edge.contoso.com"],
  tlsCertificateName: "<I>CN=CA<S>CN=mail.contoso.com",
} as Certificate;
const DEFAULT = "Default internal receive connector EDGE01";
const bag = (more: object = {}) => ({
  Name: DEFAULT,
  Enabled: true,
  Bindings: ["0.0.0.0:25", "[::]:25"],
  Fqdn: "edge01.contoso.com",
  ...more,
});

describe("what STARTTLS will be asked for", () => {
  it("names: exactly, whatever the case, or by a wildcard for one label", () => {
    const found = ["MAIL.contoso.com", "a.edge.contoso.com", "a.b.edge.contoso.com", "edge.contoso.com", "edge01.contoso.com", "contoso"];
    assert.deepEqual(
      found.map((name) => coverage(certificate, name)),
      ["exact", "wildcard", null, null, null, null],
    );
  });

  it("the connector's Fqdn, or the server's where it has none", () => {
    const asked = (more: object) => askedNames(certificate, [bag(more)], [], "mail.contoso.com")[0];
    assert.deepEqual(asked({}), { connector: DEFAULT, name: "edge01.contoso.com", byFqdn: true, offered: false });
    assert.deepEqual(asked({ Fqdn: null }), { connector: DEFAULT, name: "mail.contoso.com", byFqdn: true, offered: true });
  });

  it("a TlsCertificateName comes first, and nothing makes up for it", () => {
    const [other] = askedNames(certificate, [bag({ Fqdn: "mail.contoso.com", TlsCertificateName: "<I>CN=CA<S>CN=old" })], [], "edge01");
    assert.deepEqual(other, { connector: DEFAULT, name: "<I>CN=CA<S>CN=old", byFqdn: false, offered: false });
    const [own] = askedNames(certificate, [bag({ TlsCertificateName: "<i>CN=CA<s>CN=mail.contoso.com" })], [], "edge01");
    assert.equal(own.offered, true);
  });

  it("a connector that the program sets later follows the certificate", () => {
    const follow = (more: object) => askedNames(certificate, [bag()], [{ connector: `EDGE01\\${DEFAULT}`, ...more }], "edge01")[0].offered;
    assert.equal(follow({}), true);
    assert.equal(follow({ tlsCertificateName: "<I>CN=CA<S>CN=other" }), false);
  });

  it("is lost where every connector that has the name takes another one by its Fqdn", () => {
    const now = new Date("2026-11-25T12:00:00Z");
    const dates = { notBefore: new Date("2026-11-01"), notAfter: new Date("2027-11-01"), version: 3 };
    const wanted = { ...certificate, ...dates, thumbprint: "NEW", selfSigned: true };
    const other = { ...wanted, ...{ thumbprint: "CA", selfSigned: false, tlsCertificateName: "other", friendlyName: "" } };
    const installed = [{ ...other, ...{ keyType: "RSA", keyBits: 2048, keyUsage: null, extendedKeyUsage: null } }].map((one) => ({
      ...one,
      services: ["SMTP"],
      hasPrivateKey: true,
      status: "Valid",
    }));
    const lost = (...asked: Partial<Asked>[]) =>
      lostTo(
        wanted,
        asked.map((one, i) => ({ connector: `R${i}`, name: "mail.contoso.com", byFqdn: true, offered: true, ...one })),
        { installed, claims: EMPTY_BOOK, defaultThumbprint: null, owner: "shop/prod/c" },
        now,
      ).map((one) => `${one.connector} ${one.certificate.thumbprint}`);
    assert.deepEqual(lost({}, {}), ["R0 CA", "R1 CA"]);
    assert.deepEqual(lost({}, { offered: false, name: "elsewhere" }), ["R0 CA"]);
    assert.deepEqual(lost({}, { byFqdn: false, name: certificate.tlsCertificateName }), [], "this one takes it by name");
  });

  it("only enabled connectors on port 25 count", () => {
    const connectors = [bag({ Enabled: false }), bag({ Bindings: ["0.0.0.0:2525"] }), bag({ Bindings: [] })];
    assert.deepEqual(askedNames(certificate, connectors, [], "edge01"), []);
  });
});
