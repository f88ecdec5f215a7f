import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { isExchangeError } from "../../../provider/base/errors";
import {
  describeCertificate,
  orderChain,
  readCertificate,
  readSerialisedCertificate,
  writeSerialisedCertificate,
} from "../../../provider/pki";
import {
  Authority,
  hasOpenssl,
  makeAuthority,
  makeLeaf,
  makeOpensslCertificate,
  makePfx,
  makeSelfSigned,
  openssl,
} from "../../support/certificates";
import { skipUnless } from "../../support/skip";
import { mutated, seeded } from "./building";

describe("readCertificate", () => {
  let root: Authority;
  let issuing: Authority;
  before(async () => {
    root = await makeAuthority("CN=Contoso Root CA, O=Contoso, C=US");
    issuing = await makeAuthority("CN=Contoso Issuing CA, O=Contoso, C=US", { parent: root });
  });

  it("reads names, dates, serial number and hashes from the bytes", async () => {
    const { certificate } = await makeLeaf(issuing, {
      subject: 'CN=mail.contoso.com, O="Contoso, Ltd", S=WA, C=US',
      domainNames: ["mail.contoso.com", "edge01.contoso.com"],
      notBefore: new Date("2026-01-02T03:04:05Z"),
      notAfter: new Date("2055-06-07T08:09:10Z"),
      serial: "00b0123456789abcdef0",
    });
    const node = new X509Certificate(certificate.der);
    assert.equal(certificate.subject, 'CN=mail.contoso.com, O="Contoso, Ltd", S=WA, C=US');
    assert.equal(certificate.issuer, "CN=Contoso Issuing CA, O=Contoso, C=US");
    assert.equal(certificate.tlsCertificateName, `<I>${certificate.issuer}<S>${certificate.subject}`);
    assert.equal(certificate.thumbprint, node.fingerprint.replaceAll(":", ""));
    assert.equal(certificate.serialNumber, "00B0123456789ABCDEF0");
    assert.equal(certificate.notBefore.toISOString(), "2026-01-02T03:04:05.000Z");
    assert.equal(certificate.notAfter.toISOString(), "2055-06-07T08:09:10.000Z", "GeneralizedTime");
    assert.deepEqual(certificate.domainNames, ["mail.contoso.com", "edge01.contoso.com"]);
    assert.equal(certificate.commonName, "mail.contoso.com");
    assert.equal(`${certificate.keyType} ${certificate.keyBits}`, "RSA 2048");
    const spki = certificate.publicKey.export({ format: "der", type: "spki" });
    assert.equal(certificate.publicKeySha256, createHash("sha256").update(spki).digest("hex").toUpperCase());
    assert.deepEqual(certificate.keyUsage, ["digitalSignature", "keyEncipherment"]);
    assert.deepEqual(certificate.extendedKeyUsage, ["1.3.6.1.5.5.7.3.1"]);
    assert.equal(certificate.version, 3);
    assert.ok(!certificate.isCa && !certificate.selfSigned);
  });

  it("reads PEM text, PEM bytes and DER bytes alike", async () => {
    const { certificate } = await makeLeaf(issuing);
    for (const input of [certificate.pem, Buffer.from(certificate.pem), certificate.der, new Uint8Array(certificate.der)]) {
      assert.equal(readCertificate(input).thumbprint, certificate.thumbprint);
    }
    assert.equal(readCertificate(issuing.chain.map(({ pem }) => pem).join("")).thumbprint, issuing.certificate.thumbprint);
  });

  it("knows authorities and self-signed certificates", async () => {
    assert.ok(root.certificate.isCa && root.certificate.selfSigned);
    assert.ok(issuing.certificate.isCa && !issuing.certificate.selfSigned);
    const own = (await makeSelfSigned({ usage: { keyUsage: null, extendedKeyUsage: null } })).certificate;
    assert.ok(own.selfSigned && !own.isCa);
    assert.equal(own.keyUsage, null);
    assert.equal(own.extendedKeyUsage, null);
  });

  it("does not take an equal name for a signature of its own", async () => {
    const { certificate } = await makeLeaf(root, { subject: "CN=Contoso Root CA, O=Contoso, C=US" });
    assert.equal(certificate.subject, certificate.issuer);
    assert.ok(!certificate.selfSigned);
  });

  it("falls back to the common name when it is a domain", async () => {
    const named = await makeSelfSigned({ subject: "CN=EDGE01", domainNames: [] });
    assert.deepEqual(named.certificate.domainNames, ["EDGE01"]);
    const text = await makeSelfSigned({ subject: "CN=Microsoft Exchange", domainNames: [] });
    assert.deepEqual(text.certificate.domainNames, []);
  });

  it("prints multi-valued and exotic names", async () => {
    const { certificate } = await makeLeaf(root, {
      subject: [
        [
          ["CN", "mail.contoso.com"],
          ["SERIALNUMBER", "1"],
        ],
        ["2.5.4.97", "VATDE-1"],
        ["O", "Müller & Söhne"],
        ["DC", "com"],
      ],
    });
    assert.equal(certificate.subject, "CN=mail.contoso.com + SERIALNUMBER=1, OID.2.5.4.97=VATDE-1, O=Müller & Söhne, DC=com");
  });

  it("refuses what is no certificate with CERTIFICATE_UNREADABLE", () => {
    for (const input of ["", "nonsense", Buffer.from("3003020101", "hex"), Buffer.alloc(1_000_000, 0x30)]) {
      assert.throws(
        () => readCertificate(input),
        (error) => isExchangeError(error, "CERTIFICATE_UNREADABLE"),
      );
    }
    const cut = root.certificate.der.subarray(0, 300);
    assert.throws(
      () => readCertificate(cut),
      (error) => isExchangeError(error, "CERTIFICATE_UNREADABLE"),
    );
  });

  it("survives 2,000 mutated certificates", async () => {
    const { certificate } = await makeLeaf(issuing);
    const random = seeded(20_261_122); // the seed makes a failure repeatable
    let read = 0;
    for (let round = 0; round < 2_000; round++) {
      try {
        readCertificate(mutated(certificate.der, random));
        read++;
      } catch (error) {
        assert.ok(isExchangeError(error, "CERTIFICATE_UNREADABLE"), String(error));
      }
    }
    assert.ok(read > 0 && read < 2_000, `${read} read`);
  });
});

skipUnless(hasOpenssl(), "openssl is not installed").describe("readCertificate with keys that are not RSA", () => {
  for (const [kind, type, bits] of [
    ["prime256v1", "EC", 256],
    ["secp384r1", "EC", 384],
    ["ed25519", "Ed25519", 256],
  ] as const) {
    it(`reads ${kind}`, () => {
      const { certificate } = makeOpensslCertificate(kind);
      assert.equal(`${certificate.keyType} ${certificate.keyBits}`, `${type} ${bits}`);
      assert.equal(certificate.subject, "CN=ec.contoso.com");
      assert.ok(certificate.selfSigned);
    });
  }

  it("reads RSA-PSS keys and weak RSA keys", () => {
    const files = { key: openssl(["genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "out"]) };
    const request = ["req", "-x509", "-new", "-key", "key", "-subj", "/CN=a.example", "-days", "3", "-out", "out"];
    const certificate = readCertificate(openssl(request, files));
    assert.equal(`${certificate.keyType} ${certificate.keyBits}`, "RSA-PSS 1024");
  });
});

describe("describeCertificate", () => {
  it("describes PEM and DER at once and a PFX through a Promise, all alike", async () => {
    const issued = await makeSelfSigned({ notBefore: new Date("2026-01-02T03:04:05Z") });
    const { certificate } = issued;
    const fromPem = describeCertificate(certificate.pem);
    assert.deepEqual(fromPem, {
      thumbprint: certificate.thumbprint,
      subject: "CN=edge01.contoso.com",
      issuer: "CN=edge01.contoso.com",
      serialNumber: certificate.serialNumber,
      notBefore: "2026-01-02T03:04:05Z",
      notAfter: "2027-01-02T03:04:05Z",
      domainNames: ["edge01.contoso.com"],
      keyType: "RSA",
      tlsCertificateName: "<I>CN=edge01.contoso.com<S>CN=edge01.contoso.com",
    });
    assert.deepEqual(describeCertificate(certificate.der), fromPem);
    const pfx = await makePfx(issued, "secret");
    assert.deepEqual(await describeCertificate({ pfx, password: "secret" }), fromPem);
    assert.deepEqual(await describeCertificate({ pfx: pfx.toString("base64"), password: "secret" }), fromPem);
  });

  it("rejects, and does not throw, when PFX text is no base64", async () => {
    const promise = describeCertificate({ pfx: "***", password: "secret" });
    await assert.rejects(promise, (error) => isExchangeError(error, "PFX_UNREADABLE"));
  });
});

describe("orderChain", () => {
  it("orders what is given and leaves strangers out", async () => {
    const root = await makeAuthority("CN=Root");
    const middle = await makeAuthority("CN=Middle", { parent: root });
    const low = await makeAuthority("CN=Low", { parent: middle });
    const stranger = await makeAuthority("CN=Middle", { parent: await makeAuthority("CN=Root") });
    const { certificate } = await makeLeaf(low);
    const all = [stranger, root, low, middle].map((authority) => authority.certificate);
    const names = orderChain(certificate, [certificate, ...all]).map(({ thumbprint }) => thumbprint);
    assert.deepEqual(
      names,
      [low, middle, root].map((authority) => authority.certificate.thumbprint),
    );
    assert.deepEqual(orderChain(certificate, [root.certificate]), []);
    assert.deepEqual(orderChain(root.certificate, all), []);
  });
});

describe("serialised certificates", () => {
  it("are read back, other properties before and after included", async () => {
    const { certificate } = await makeSelfSigned();
    const blob = writeSerialisedCertificate(certificate.der);
    const property = Buffer.from([11, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0x41, 0, 0, 0]);
    for (const bytes of [blob, Buffer.concat([property, blob]), Buffer.concat([property, blob, property])]) {
      assert.deepEqual(readSerialisedCertificate(bytes), certificate.der);
    }
  });

  it("are refused when the certificate is missing or cut off", async () => {
    const { certificate } = await makeSelfSigned();
    const blob = writeSerialisedCertificate(certificate.der);
    for (const bytes of [Buffer.alloc(0), certificate.der, blob.subarray(0, blob.length - 1)]) {
      assert.throws(
        () => readSerialisedCertificate(bytes),
        (error) => isExchangeError(error, "CERTIFICATE_UNREADABLE"),
      );
    }
  });
});
