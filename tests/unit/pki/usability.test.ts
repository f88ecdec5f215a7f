import assert from "node:assert/strict";
import { Certificate, unsuitable, validity } from "../../../provider/pki";
import { hasOpenssl, makeAuthority, makeLeaf, makeOpensslCertificate, makeSelfSigned } from "../../support/certificates";
import { skipUnless } from "../../support/skip";

describe("unsuitable", () => {
  let good: Certificate;
  before(async () => {
    good = (await makeSelfSigned({ subject: "CN=mail.contoso.com, O=Contoso" })).certificate;
  });
  const code = (change: Partial<Certificate>): string | undefined => unsuitable({ ...good, ...change })?.code;

  it("accepts an ordinary server certificate, a wildcard and a host name", () => {
    assert.equal(unsuitable(good), null);
    assert.equal(code({ commonName: "*.contoso.com" }), undefined);
    assert.equal(code({ commonName: "EDGE01" }), undefined);
  });

  it("accepts absent usages and each of those that Exchange takes", () => {
    assert.equal(code({ keyUsage: null, extendedKeyUsage: null }), undefined);
    assert.equal(code({ keyUsage: ["nonRepudiation"] }), undefined);
    assert.equal(code({ extendedKeyUsage: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"] }), undefined);
  });

  const refused: [title: string, change: Partial<Certificate>, code: string][] = [
    ["an EC key", { keyType: "EC", keyBits: 256 }, "CERTIFICATE_KEY_UNSUPPORTED"],
    ["an Ed25519 key", { keyType: "Ed25519", keyBits: 256 }, "CERTIFICATE_KEY_UNSUPPORTED"],
    ["an RSA key of 512 bits", { keyBits: 512 }, "CERTIFICATE_KEY_UNSUPPORTED"],
    ["a key usage without signature", { keyUsage: ["keyEncipherment"] }, "CERTIFICATE_USAGE_UNSUITABLE"],
    ["an empty key usage", { keyUsage: [] }, "CERTIFICATE_USAGE_UNSUITABLE"],
    ["client authentication alone", { extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] }, "CERTIFICATE_USAGE_UNSUITABLE"],
    ["X.509 version 1", { version: 1 }, "CERTIFICATE_USAGE_UNSUITABLE"],
    ["a subject without a common name", { commonName: null }, "SUBJECT_EMPTY"],
    ["a common name that is no domain", { commonName: "Contoso Mail Service" }, "SUBJECT_EMPTY"],
    ["a name over 256 characters", { tlsCertificateName: "x".repeat(257) }, "NAME_TOO_LONG"],
  ];
  for (const [title, change, expected] of refused) {
    it(`refuses ${title}`, () => assert.equal(code(change), expected));
  }

  it("gives the first reason when there are several", () => {
    const all = { keyType: "EC", keyUsage: [], commonName: null, tlsCertificateName: "x".repeat(300) };
    assert.equal(code(all), "CERTIFICATE_KEY_UNSUPPORTED");
    assert.equal(code({ ...all, keyType: "RSA" }), "CERTIFICATE_USAGE_UNSUITABLE");
    assert.equal(code({ commonName: null, tlsCertificateName: "x".repeat(300) }), "SUBJECT_EMPTY");
  });

  it("counts issuer, subject and tags: 256 characters are still accepted", async () => {
    const base = "<I>CN=Root, O=<S>CN=mail.contoso.com".length;
    for (const [length, expected] of [
      [256, undefined],
      [257, "NAME_TOO_LONG"],
    ] as const) {
      const root = await makeAuthority([
        ["CN", "Root"],
        ["O", "x".repeat(length - base)],
      ]);
      const { certificate } = await makeLeaf(root, { subject: "CN=mail.contoso.com" });
      assert.equal(certificate.tlsCertificateName.length, length);
      assert.equal(unsuitable(certificate)?.code, expected);
    }
  });

  it("judges real extensions", async () => {
    const usage = { keyUsage: ["keyEncipherment"], extendedKeyUsage: null };
    assert.equal(unsuitable((await makeSelfSigned({ usage })).certificate)?.code, "CERTIFICATE_USAGE_UNSUITABLE");
    const client = { keyUsage: null, extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] };
    assert.equal(unsuitable((await makeSelfSigned({ usage: client })).certificate)?.code, "CERTIFICATE_USAGE_UNSUITABLE");
  });

  skipUnless(hasOpenssl(), "openssl is not installed").it("says why an EC certificate is refused", () => {
    const reason = unsuitable(makeOpensslCertificate().certificate);
    assert.equal(reason?.code, "CERTIFICATE_KEY_UNSUPPORTED");
    assert.match(reason.sentence, /EC key; Exchange refuses ECDSA/);
  });
});

describe("validity", () => {
  it("looks at both ends, which are inside", async () => {
    const notBefore = new Date("2026-01-01T00:00:00Z");
    const notAfter = new Date("2026-12-31T23:59:59Z");
    const { certificate } = await makeSelfSigned({ notBefore, notAfter });
    const at = (time: string): string | undefined => validity(certificate, new Date(time))?.code;
    assert.equal(at("2025-12-31T23:59:59Z"), "CERTIFICATE_NOT_YET_VALID");
    assert.equal(at("2026-01-01T00:00:00Z"), undefined);
    assert.equal(at("2026-12-31T23:59:59Z"), undefined);
    assert.equal(at("2027-01-01T00:00:00Z"), "CERTIFICATE_EXPIRED");
  });
});
