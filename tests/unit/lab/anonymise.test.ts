/** Certificates made anew: what was a chain still is one, whatever its keys were. */
import assert from "node:assert/strict";
import { X509Certificate, sign } from "node:crypto";
import { madeAnew } from "../../../lab/anonymise/certificates";
import type { KeyPair } from "../../../lab/model/authority";
import { partsOf } from "../../../lab/model/certificateParts";
import { der, oid } from "../../../lab/model/derWriter";
import { ecCertificate, ecKeyPair } from "../../../lab/model/ecCertificate";
import { readCertificate, type Certificate } from "../../../provider/pki";
import { TAG } from "../../../provider/pki/der";
import { makeAuthority, makeLeaf, makeSelfSigned, pooledKey } from "../../support/certificates";

const CA = { isCa: true, keyUsage: ["keyCertSign"], extendedKeyUsage: null };
const ECDSA_SHA256 = der(TAG.SEQUENCE, oid("1.2.840.10045.4.3.2"));
const naming = { value: (_oid: string, text: string) => text, domain: (name: string) => name };

describe("lab: certificates made anew", () => {
  it("an authority with an EC key and what it signed are a chain again", async () => {
    const root = await makeAuthority("CN=Root CA");
    const key = ecKeyPair("intermediate");
    const issued = await ecCertificate(root, { subject: "CN=EC CA", usage: CA }, key, await pooledKey());
    const intermediate = issued.certificate;
    const template = await makeLeaf(await makeAuthority("CN=EC CA"), { subject: "CN=mail.contoso.com" });
    const leaf = signedByEc(template.certificate, key);
    assert.ok(isSignedBy(leaf, intermediate), "the test's own chain");
    const made = await madeAnew([leaf, intermediate, root.certificate], naming);
    const [newLeaf, newIntermediate, newRoot] = [leaf, intermediate, root.certificate].map(({ thumbprint }) => made.get(thumbprint)!);
    assert.ok(isSignedBy(newRoot, newRoot));
    assert.ok(isSignedBy(newIntermediate, newRoot));
    assert.ok(isSignedBy(newLeaf, newIntermediate));
  });

  it("a self-signed certificate that shares its EC key with an issued one verifies", async () => {
    const root = await makeAuthority("CN=Root CA");
    const key = ecKeyPair("shared");
    const { certificate: issued } = await ecCertificate(root, { subject: "CN=mail.contoso.com" }, key, await pooledKey());
    const template = await makeSelfSigned({ subject: "CN=mail.contoso.com" });
    const own = signedByEc(template.certificate, key, { ownKey: true });
    assert.ok(own.selfSigned && isSignedBy(own, own), "the test's own certificate");
    const made = await madeAnew([issued, own, root.certificate], naming);
    const newOwn = made.get(own.thumbprint)!;
    assert.ok(isSignedBy(newOwn, newOwn));
    assert.equal(made.get(issued.thumbprint)!.publicKeySha256, newOwn.publicKeySha256, "still one key");
  });

  it("an EC key that signs nothing stays one", async () => {
    const root = await makeAuthority("CN=Root CA");
    const { certificate } = await ecCertificate(root, { subject: "CN=ec.contoso.com" }, ecKeyPair("leaf"), await pooledKey());
    const made = await madeAnew([certificate, root.certificate], naming);
    assert.equal(made.get(certificate.thumbprint)!.keyType, "EC");
  });
});

const isSignedBy = (certificate: Certificate, issuer: Certificate): boolean =>
  new X509Certificate(certificate.der).verify(new X509Certificate(issuer.der).publicKey);

/** The template, signed with an EC key, and with that key as its own where asked for. */
function signedByEc(template: Certificate, key: KeyPair, { ownKey = false } = {}): Certificate {
  const { serial, issuer, validity, subject, publicKey, extensions } = partsOf(template.der);
  const spki = ownKey ? key.publicKey.export({ format: "der", type: "spki" }) : publicKey;
  const version = der(0xa0, der(TAG.INTEGER, Buffer.from([2])));
  const list = der(0xa3, der(TAG.SEQUENCE, ...extensions));
  const tbs = der(TAG.SEQUENCE, version, serial, ECDSA_SHA256, issuer, validity, subject, spki, list);
  const signature = sign("sha256", tbs, key.privateKey);
  return readCertificate(der(TAG.SEQUENCE, tbs, ECDSA_SHA256, der(TAG.BIT_STRING, Buffer.from([0]), signature)));
}
