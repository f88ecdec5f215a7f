import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import forge from "node-forge";
import { orderChain } from "../../../provider/pki";
import { Authority, hasOpenssl, keyPem, makeAuthority, makeLeaf, openssl, pooledKey } from "../../support/certificates";
import { skipUnless } from "../../support/skip";

describe("the lab's certificate authority", () => {
  let root: Authority;
  let issuing: Authority;
  before(async () => {
    root = await makeAuthority([
      ["CN", "Root"],
      ["O", "Müller, Söhne"],
    ]);
    issuing = await makeAuthority("CN=Issuing", { parent: root });
  });

  it("issues chains that Node verifies", async () => {
    const { certificate, chain } = await makeLeaf(issuing, { serial: "0abc" });
    const [leaf, low, high] = [certificate, ...chain].map(({ der }) => new X509Certificate(der));
    assert.ok(leaf.checkIssued(low) && leaf.verify(low.publicKey));
    assert.ok(low.checkIssued(high) && low.verify(high.publicKey));
    assert.ok(high.verify(high.publicKey));
    assert.equal(certificate.serialNumber, "0ABC");
    assert.equal(issuing.certificate.issuer, 'CN=Root, O="Müller, Söhne"');
    assert.deepEqual(orderChain(certificate, [...chain].reverse()), chain);
  });

  async function request(sign = true): Promise<string> {
    const key = keyPem(await pooledKey());
    const csr = forge.pki.createCertificationRequest();
    csr.publicKey = forge.pki.setRsaPublicKey(forge.pki.privateKeyFromPem(key).n, forge.pki.privateKeyFromPem(key).e);
    csr.setSubject([
      { shortName: "C", value: "DE" },
      { shortName: "CN", value: "edge02.contoso.com" },
    ]);
    const altNames = [
      { type: 2, value: "edge02.contoso.com" },
      { type: 2, value: "mail.contoso.com" },
    ];
    csr.setAttributes([{ name: "extensionRequest", extensions: [{ name: "subjectAltName", altNames }] }]);
    csr.sign(forge.pki.privateKeyFromPem(sign ? key : keyPem(await pooledKey())), forge.md.sha256.create());
    return forge.pki.certificationRequestToPem(csr);
  }

  it("signs a request as PEM, in Exchange's spelling, as base64 and as DER", async () => {
    const pem = await request();
    const base64 = pem.replace(/-----.*?-----/g, "").replace(/\s/g, "");
    const spelled = pem.replaceAll("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST");
    for (const input of [pem, spelled, base64, Buffer.from(base64, "base64")]) {
      const certificate = issuing.signRequest(input);
      assert.equal(certificate.subject, "CN=edge02.contoso.com, C=DE");
      assert.equal(certificate.issuer, "CN=Issuing");
      assert.deepEqual(certificate.domainNames, ["edge02.contoso.com", "mail.contoso.com"]);
    }
    const changed = issuing.signRequest(pem, { subject: "CN=other.contoso.com", domainNames: ["other.contoso.com"] });
    assert.equal(changed.subject, "CN=other.contoso.com");
    assert.deepEqual(changed.domainNames, ["other.contoso.com"]);
  });

  it("refuses a request that its key did not sign", async () => {
    const pem = await request(false);
    assert.throws(() => issuing.signRequest(pem));
  });

  skipUnless(hasOpenssl(), "openssl is not installed").it("signs a request of OpenSSL with a multi-valued name", async () => {
    const subject = "/C=DE/CN=edge03.contoso.com+serialNumber=7";
    const args = ["req", "-new", "-multivalue-rdn", "-key", "key", "-subj", subject, "-out", "out"];
    const certificate = issuing.signRequest(openssl(args, { key: keyPem(await pooledKey()) }));
    assert.match(certificate.subject, /^(CN=edge03.contoso.com \+ SERIALNUMBER=7|SERIALNUMBER=7 \+ CN=edge03.contoso.com), C=DE$/);
  });
});
