import assert from "node:assert/strict";
import { parseTlsCertificateName, sameTlsCertificateName, tlsCertificateName } from "../../../provider/pki";

const NAME = '<I>CN=GeoTrust TLS RSA CA G1, OU=www.digicert.com, O=DigiCert Inc, C=US<S>CN=mail.contoso.com, O="Contoso, Ltd"';

describe("TlsCertificateName", () => {
  it("is written and read back", () => {
    const parts = { issuer: "CN=Root, C=US", subject: "CN=mail.contoso.com" };
    const text = tlsCertificateName(parts.issuer, parts.subject);
    assert.equal(text, "<I>CN=Root, C=US<S>CN=mail.contoso.com");
    assert.deepEqual(parseTlsCertificateName(text), parts);
  });

  it("takes tags in any case and does without the issuer", () => {
    assert.deepEqual(parseTlsCertificateName("<i>CN=a<s>CN=b"), { issuer: "CN=a", subject: "CN=b" });
    assert.deepEqual(parseTlsCertificateName("<S>CN=b"), { issuer: "", subject: "CN=b" });
  });

  it("gives null for anything else", () => {
    for (const text of ["", "CN=mail.contoso.com", "<I>CN=a", "<I>CN=a<S>  "]) {
      assert.equal(parseTlsCertificateName(text), null);
    }
  });

  const same: [string | null, string | null][] = [
    [NAME, NAME.toLowerCase()],
    [NAME, NAME.toUpperCase()],
    [NAME, NAME.replaceAll(", O", ",O").replaceAll("<S>", " <S> ")],
    ["<I>CN=a + O=b<S>CN = c", "<i>cn=a+o=b<s>cn=C"],
    ["<S>CN=a  b", "<S>CN=a b"],
    [null, ""],
  ];
  for (const [a, b] of same) {
    it(`finds ${JSON.stringify(a)} and ${JSON.stringify(b)} equal`, () => assert.ok(sameTlsCertificateName(a, b)));
  }

  const different: [string | null, string | null][] = [
    ["<I>CN=a, C=US<S>CN=c", "<I>C=US, CN=a<S>CN=c"],
    ["<I>CN=a<S>CN=c", "<S>CN=c"],
    ["<I>CN=a<S>CN=c", "<I>CN=c<S>CN=a"],
    ['<S>O="a,  b"', '<S>O="a, b"'],
    [NAME, null],
    ["something", "something else"],
  ];
  for (const [a, b] of different) {
    it(`tells ${JSON.stringify(a)} from ${JSON.stringify(b)}`, () => assert.ok(!sameTlsCertificateName(a, b)));
  }
});
