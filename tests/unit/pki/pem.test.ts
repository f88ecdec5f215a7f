import assert from "node:assert/strict";
import { ErrorCode, ExchangeError, isExchangeError } from "../../../provider/base/errors";
import { readPemBundle } from "../../../provider/pki";
import { Authority, IssuedCertificate, keyPem, makeAuthority, makeLeaf } from "../../support/certificates";

describe("readPemBundle", () => {
  let root: Authority;
  let issuing: Authority;
  let leaf: IssuedCertificate;
  let privateKey: string;
  before(async () => {
    root = await makeAuthority("CN=Root");
    issuing = await makeAuthority("CN=Issuing", { parent: root });
    leaf = await makeLeaf(issuing);
    privateKey = keyPem(leaf);
  });
  const chainOf = (bundle: { chain: { subject: string }[] }): string[] => bundle.chain.map(({ subject }) => subject);
  function refuses(input: Parameters<typeof readPemBundle>[0], code: ErrorCode): ExchangeError {
    try {
      readPemBundle(input);
    } catch (error) {
      assert.ok(isExchangeError(error, code), String(error));
      return error;
    }
    return assert.fail(`${code} expected`);
  }

  it("pairs a certificate with its key", () => {
    const bundle = readPemBundle({ certificate: leaf.certificate.pem, privateKey });
    assert.equal(bundle.certificate.thumbprint, leaf.certificate.thumbprint);
    assert.ok(bundle.privateKey.equals(leaf.privateKey));
    assert.deepEqual(bundle.chain, []);
    assert.equal(bundle.keyProvider, null);
  });

  it("takes the chain from either argument, in any order", () => {
    const [low, high] = [issuing.certificate.pem, root.certificate.pem];
    for (const input of [
      { certificate: leaf.certificate.pem + low + high },
      { certificate: leaf.certificate.pem, chain: high + low },
      { certificate: leaf.certificate.pem, chain: [high, low] },
      { certificate: leaf.certificate.pem + high, chain: [low, ""] },
    ]) {
      assert.deepEqual(chainOf(readPemBundle({ ...input, privateKey })), ["CN=Issuing", "CN=Root"]);
    }
  });

  it("reads PKCS#1, Windows line ends and text around the blocks", () => {
    const pkcs1 = leaf.privateKey.export({ format: "pem", type: "pkcs1" }) as string;
    const certificate = `Bag Attributes\r\n${leaf.certificate.pem.replaceAll("\n", "\r\n")}\r\n`;
    assert.ok(readPemBundle({ certificate, privateKey: pkcs1 }).privateKey.equals(leaf.privateKey));
  });

  it("decrypts a key, and refuses a wrong or missing password without naming it", () => {
    const options = { format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "S3cret-canary" } as const;
    const encrypted = leaf.privateKey.export(options) as string;
    const input = { certificate: leaf.certificate.pem, privateKey: encrypted };
    const opened = readPemBundle({ ...input, privateKeyPassword: "S3cret-canary" });
    assert.ok(opened.privateKey.equals(leaf.privateKey));
    const wrong = refuses({ ...input, privateKeyPassword: "other-canary" }, "PEM_UNREADABLE");
    const missing = refuses(input, "PEM_UNREADABLE");
    for (const error of [wrong, missing]) assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /canary/);
  });

  it("ignores a password that is not needed", () => {
    const input = { certificate: leaf.certificate.pem, privateKey, privateKeyPassword: "x" };
    assert.equal(readPemBundle(input).certificate.thumbprint, leaf.certificate.thumbprint);
  });

  it("refuses a key of another certificate, without key material in the error", () => {
    const error = refuses({ certificate: root.certificate.pem, privateKey }, "KEY_MISMATCH");
    assert.ok(error.message.includes(root.certificate.thumbprint));
    const lines = privateKey.split("\n").filter((line) => line.length > 20 && !line.startsWith("-----"));
    for (const line of lines) assert.ok(!`${error.stack} ${JSON.stringify(error)}`.includes(line));
  });

  it("refuses what cannot be read", () => {
    const certificate = leaf.certificate.pem;
    refuses({ certificate: "", privateKey }, "PEM_UNREADABLE");
    refuses({ certificate: "no PEM", privateKey }, "PEM_UNREADABLE");
    refuses({ certificate, privateKey: "" }, "PEM_UNREADABLE");
    refuses({ certificate, privateKey: certificate }, "PEM_UNREADABLE");
    refuses({ certificate, privateKey, chain: "no PEM" }, "PEM_UNREADABLE");
    const damaged = certificate.replace(/\n[A-Za-z0-9+/]{60}/, "\nAAAA");
    refuses({ certificate: damaged, privateKey }, "CERTIFICATE_UNREADABLE");
  });
});
