/** Certificates, keys, containers and answers in the forms in which authorities and Windows hand them out; and what is none of it. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { isExchangeError, type ErrorCode, type ExchangeError } from "../../../provider/base/errors";
import {
  describeCertificate,
  kindOf,
  openPfx,
  readAnswer,
  readCertificates,
  readPemBundle,
  readRequest,
  type Certificate,
  type KindName,
} from "../../../provider/pki";
import {
  hasOpenssl,
  keyPem,
  makeAuthority,
  makeLeaf,
  makeOpensslPfx,
  makePfx,
  openssl,
  pooledKey,
  type Authority,
  type IssuedCertificate,
} from "../../support/certificates";
import { skipUnless } from "../../support/skip";

const NOW = new Date();
const utf16 = (text: string, mark = true): Buffer => Buffer.from((mark ? "\uFEFF" : "") + text, "utf16le");
const utf16be = (text: string): Buffer => utf16(text).swap16();
const armour = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\r\n${Buffer.from(der)
    .toString("base64")
    .match(/.{1,64}/g)!
    .join("\r\n")}\r\n-----END ${label}-----\r\n`;

/** As a template in a program, a variable of a pipeline and JSON have it. */
const handedOn = (pem: string): string[] => [
  pem.replace(/^/gm, "      "),
  pem.trim().replaceAll("\n", " "),
  pem.replaceAll("\n", ""),
  pem.replaceAll("\n", "\\n"),
  pem.replaceAll("\n", "\\r\\n"),
];

function refused(run: () => unknown, code: ErrorCode, words: RegExp): void {
  assert.throws(run, (error) => isExchangeError(error, code) && words.test(error.message));
}

skipUnless(hasOpenssl(), "openssl is not installed").describe("forms of certificates", () => {
  let root: Authority, issuing: Authority;
  let leaf: IssuedCertificate, renewed: IssuedCertificate;
  let csr: string, pfx: Buffer;
  let p7: { pem: Buffer; der: Buffer };
  const thumbprints = (list: Certificate[]): string[] => list.map(({ thumbprint }) => thumbprint);

  before(async () => {
    root = await makeAuthority("CN=Forms Root");
    issuing = await makeAuthority("CN=Forms Issuing", { parent: root });
    const key = await pooledKey();
    leaf = await makeLeaf(issuing, { key });
    renewed = await makeLeaf(issuing, { key, notAfter: new Date(NOW.getTime() + 800 * 86_400_000) });
    csr = openssl(["req", "-new", "-key", "key", "-subj", "/CN=edge01.contoso.com", "-out", "out"], { key: keyPem(leaf) }).toString();
    pfx = await makePfx(leaf, "secret");
    const bundle = [root.certificate, issuing.certificate, leaf.certificate].map(({ pem }) => pem).join("");
    const p7b = (form: string): Buffer =>
      openssl(["crl2pkcs7", "-nocrl", "-certfile", "all", "-outform", form, "-out", "out"], { all: bundle });
    p7 = { pem: p7b("PEM"), der: p7b("DER") };
  });

  it("PEM, PKCS#7, DER, base64, certutil's armour; UTF-8 and UTF-16", () => {
    const { pem, der, thumbprint } = leaf.certificate;
    const single: (string | Uint8Array)[] = [
      pem,
      `\uFEFF${pem}`,
      pem.replace(/\n/g, "\r\n"),
      `Bag Attributes\n  friendlyName: edge\n${pem}`,
      der,
      der.toString("base64"),
      der.toString("base64").replace(/.{64}/g, "$&\r\n"),
      utf16(pem),
      utf16(pem, false),
      utf16be(pem),
      Buffer.from(`\uFEFF${pem}`),
      armour("CERTIFICATE", der),
      ...handedOn(pem),
    ];
    for (const form of single) {
      assert.deepEqual(thumbprints(readCertificates(form)), [thumbprint]);
      assert.equal(describeCertificate(form as string).thumbprint, thumbprint);
    }
    const all = thumbprints([root.certificate, issuing.certificate, leaf.certificate]).sort();
    for (const form of [
      p7.pem,
      p7.pem.toString(),
      p7.der,
      p7.der.toString("base64"),
      armour("CERTIFICATE", p7.der),
      utf16(p7.pem.toString()),
    ]) {
      assert.deepEqual(thumbprints(readCertificates(form)).sort(), all);
    }
  });

  it("keys are read however their lines were handed on, encrypted ones too", () => {
    const options = { type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "secret" } as const;
    const headed = leaf.privateKey.export(options) as string;
    const forms = [...handedOn(keyPem(leaf)), headed.replace(/^/gm, "      "), headed.replaceAll("\n", "\\n")];
    for (const privateKey of forms) {
      const { certificate } = readPemBundle({ certificate: leaf.certificate.pem, privateKey, privateKeyPassword: "secret" });
      assert.equal(certificate.thumbprint, leaf.certificate.thumbprint);
    }
  });

  it("of a whole chain in any order the certificate is described that is no authority", () => {
    const [top, own] = [root.certificate.pem, leaf.certificate.pem];
    for (const input of [top + own, own + top, p7.pem.toString(), p7.der])
      assert.equal(describeCertificate(input as string).thumbprint, leaf.certificate.thumbprint);
    assert.equal(describeCertificate(top).thumbprint, root.certificate.thumbprint);
  });

  it("the certificate of a key is found in any order; of several the longest valid", () => {
    const files = [root.certificate, leaf.certificate, renewed.certificate, issuing.certificate];
    for (const order of [files, [...files].reverse()]) {
      const certificate = order.map(({ pem }) => pem).join("");
      const bundle = readPemBundle({ certificate, privateKey: keyPem(leaf) });
      assert.equal(bundle.certificate.thumbprint, renewed.certificate.thumbprint);
      assert.deepEqual(thumbprints(bundle.chain), thumbprints([issuing.certificate, root.certificate]));
    }
    assert.equal(readPemBundle({ certificate: p7.der, privateKey: keyPem(leaf) }).certificate.thumbprint, leaf.certificate.thumbprint);
    const der = leaf.privateKey.export({ type: "pkcs8", format: "der" });
    assert.ok(readPemBundle({ certificate: leaf.certificate.der, privateKey: der }).privateKey.equals(leaf.privateKey));
    assert.ok(readPemBundle({ certificate: leaf.certificate.der, privateKey: utf16(keyPem(leaf)) }).privateKey.equals(leaf.privateKey));
  });

  it("an authority's answer is found by the request's key, in every form and order", async () => {
    const hash = readRequest(csr).publicKeySha256;
    assert.equal(hash, leaf.certificate.publicKeySha256);
    const other = await makeLeaf(issuing, { key: { ...generateKeyPairSync("rsa", { modulusLength: 2048 }) } });
    const rootFirst = [root, issuing].map(({ certificate }) => certificate.pem).join("") + other.certificate.pem + leaf.certificate.pem;
    for (const request of [csr, hash, hash.toLowerCase(), utf16(csr), readRequest(csr).der]) {
      for (const answer of [rootFirst, p7.pem, p7.der, leaf.certificate.der.toString("base64")]) {
        assert.equal(readAnswer(request, [answer], NOW).certificate.thumbprint, leaf.certificate.thumbprint);
      }
      refused(() => readAnswer(request, [other.certificate.pem, root.certificate.pem], NOW), "KEY_MISMATCH", /has the key of the request/);
    }
  });

  it("a PFX: the certificate whose localKeyId is the key's, else the longest valid", async () => {
    const pair = (certificate: Certificate, chain: Certificate[]) => ({ certificate, keyPem: keyPem(leaf), chain });
    const others = [root.certificate, issuing.certificate];
    // openssl gives key and -in certificate one localKeyId; the renewed one lies beside them
    const named = makeOpensslPfx(pair(leaf.certificate, [renewed.certificate, ...others]), "p");
    assert.equal((await openPfx(named, "p")).certificate.thumbprint, leaf.certificate.thumbprint);
  });

  it("files of another kind are named, with the way out", async () => {
    const key = keyPem(leaf);
    const kinds: [string | Uint8Array, KindName][] = [
      [leaf.certificate.der, "certificate"],
      [leaf.certificate.pem, "certificate"],
      [csr, "request"],
      [csr.replaceAll("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"), "request"],
      [readRequest(csr).der, "request"],
      [p7.der, "pkcs7"],
      [p7.pem, "pkcs7"],
      [pfx, "pfx"],
      [pfx.toString("base64"), "pfx"],
      [armour("CERTIFICATE", pfx), "pfx"],
      [key, "key"],
      [leaf.privateKey.export({ type: "pkcs1", format: "pem" }), "key"],
      [leaf.privateKey.export({ type: "pkcs8", format: "der" }), "key"],
      [leaf.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }), "encryptedKey"],
      [utf16(key), "key"],
      ["-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n", "sshKey"],
      ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI admin", "sshPublicKey"],
      ["PuTTY-User-Key-File-3: ssh-rsa\r\n", "putty"],
      [leaf.certificate.der.toString("utf8"), "mangled"],
      ["C:\\certs\\edge.pfx", "path"],
      ["<!DOCTYPE html><html></html>", "html"],
      ["", "empty"],
      [Buffer.alloc(0), "empty"],
    ];
    for (const [input, name] of kinds) assert.equal(kindOf(input)?.name, name, `${name}: ${input.slice(0, 40).toString()}`);

    refused(() => readCertificates(csr), "PEM_UNREADABLE", /certificate request \(CSR\).*signed by an authority/);
    refused(() => readCertificates(pfx), "PEM_UNREADABLE", /a PFX.*\{pfx: \{file/);
    refused(() => readCertificates(armour("CERTIFICATE", pfx)), "PEM_UNREADABLE", /a PFX.*certutil -encode/);
    refused(() => readCertificates(key), "PEM_UNREADABLE", /a private key/);
    refused(() => readCertificates(leaf.certificate.der.toString("utf8")), "PEM_UNREADABLE", /binary file that was read as text.*\{file/);
    refused(() => describeCertificate(pfx), "CERTIFICATE_UNREADABLE", /a PFX/);
    refused(
      () => readPemBundle({ certificate: leaf.certificate.pem, privateKey: leaf.certificate.pem }),
      "PEM_UNREADABLE",
      /private key is expected.*a certificate/,
    );
    refused(() => readPemBundle({ certificate: leaf.certificate.pem, privateKey: pfx }), "PEM_UNREADABLE", /a PFX/);
    refused(() => readRequest(leaf.certificate.pem), "CERTIFICATE_UNREADABLE", /it is a certificate/);
    const containers: [Uint8Array, RegExp][] = [
      [leaf.certificate.der, /certificate in DER.*no private key.*openssl pkcs12 -export/],
      [Buffer.from(leaf.certificate.pem), /certificate in PEM/],
      [utf16(leaf.certificate.pem), /certificate in PEM/],
      [p7.der, /PKCS#7/],
      [Buffer.from(key), /a private key/],
      [Buffer.from(csr), /CSR/],
    ];
    for (const [bytes, words] of containers) {
      await assert.rejects(
        openPfx(bytes, "x"),
        (error: ExchangeError) => isExchangeError(error, "PFX_UNREADABLE") && words.test(error.message),
      );
    }
  });
});
