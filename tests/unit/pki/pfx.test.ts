import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { ErrorCode, isExchangeError } from "../../../provider/base/errors";
import { openPfx, readPemBundle, unsuitable, writePfx } from "../../../provider/pki";
import {
  Authority,
  hasLegacyOpenssl,
  hasOpenssl,
  IssuedCertificate,
  keyPem,
  makeAuthority,
  makeLeaf,
  makeOpensslCertificate,
  makeOpensslPfx,
  makePfx,
  openssl,
  PemPair,
} from "../../support/certificates";
import { openContainer } from "../../../provider/pki/pfx-codec";
import { readOutline } from "../../../provider/pki/pfx-limits";
import { openNatively } from "../../../provider/pki/pfx-native";
import { writeContainer } from "../../../provider/pki/pfx-writer";
import { skipUnless } from "../../support/skip";
import { data, pbe, pfxAround, sequence, shroudedKey, withPbmac1 } from "./building";

const PASSWORD = "pä$$ wörd-東京";

async function refuses(pfx: Uint8Array, password: string, code: ErrorCode): Promise<void> {
  await assert.rejects(openPfx(pfx, password), (error) => {
    assert.ok(isExchangeError(error, code), String(error));
    assert.ok(password.length < 4 || !`${error.stack} ${JSON.stringify(error)}`.includes(password));
    return true;
  });
}

describe("PFX", () => {
  let root: Authority;
  let issuing: Authority;
  let leaf: IssuedCertificate;
  before(async () => {
    root = await makeAuthority("CN=Root");
    issuing = await makeAuthority("CN=Issuing", { parent: root });
    leaf = await makeLeaf(issuing);
  });

  for (const algorithm of ["3des", "aes256"] as const) {
    it(`writes ${algorithm} and opens it again, chain in order`, async () => {
      const { certificate, privateKey, chain } = leaf;
      const pfx = await writePfx({ certificate, privateKey, chain, password: PASSWORD, algorithm, friendlyName: "Kante" });
      const bundle = await openPfx(pfx, PASSWORD);
      assert.ok(bundle.certificate.der.equals(certificate.der));
      assert.ok(bundle.privateKey.equals(privateKey));
      assert.deepEqual(
        bundle.chain.map(({ subject }) => subject),
        ["CN=Issuing", "CN=Root"],
      );
      assert.equal(bundle.keyProvider, null);
      await refuses(pfx, "another password", "PFX_PASSWORD_WRONG");
    });
  }

  it("opens what is written today without a thread, and only once", async () => {
    const started: unknown[] = [];
    const note = (message: unknown): void => void started.push(message);
    for (const algorithm of ["3des", "aes256"] as const) {
      const pfx = await makePfx(leaf, PASSWORD, algorithm);
      subscribe("worker_threads", note);
      const [one, same] = await Promise.all([openPfx(pfx, PASSWORD), openPfx(Buffer.from(pfx), PASSWORD)]);
      const again = await openPfx(pfx, PASSWORD);
      unsubscribe("worker_threads", note);
      assert.ok(same.privateKey === one.privateKey && again.privateKey === one.privateKey, "it was opened once");
      await refuses(pfx, "another password", "PFX_PASSWORD_WRONG");
    }
    assert.deepEqual(started, []);
  });

  it("gives the event loop a turn while it derives", async () => {
    const pkcs8 = leaf.privateKey.export({ format: "der", type: "pkcs8" });
    const parts = { certificates: [leaf.certificate.der], pkcs8, password: PASSWORD };
    const pfx = writeContainer({ ...parts, algorithm: "3des", iterations: 10_000 });
    let turns = 0;
    const count = (): void => void (turns++, (timer = setImmediate(count)));
    let timer = setImmediate(count);
    await openPfx(pfx, PASSWORD);
    clearImmediate(timer);
    assert.ok(turns >= 4, String(turns));
  });

  it("writes a fresh salt every time", async () => {
    const [a, b] = await Promise.all([makePfx(leaf, PASSWORD), makePfx(leaf, PASSWORD)]);
    assert.ok(!a.equals(b));
  });

  it("tells the empty password, a blank and a NUL apart", async () => {
    const [empty, plain] = await Promise.all([makePfx(leaf, "", "3des"), makePfx(leaf, "secret", "3des")]);
    assert.ok((await openPfx(empty, "")).privateKey.equals(leaf.privateKey));
    await refuses(empty, " ", "PFX_PASSWORD_WRONG");
    await refuses(empty, "\0", "PFX_PASSWORD_WRONG");
    await refuses(plain, "", "PFX_PASSWORD_WRONG");
    await refuses(plain, "secret\0", "PFX_PASSWORD_WRONG");
    await refuses(plain, "Secret", "PFX_PASSWORD_WRONG");
    const { certificate, privateKey } = leaf;
    const written = writePfx({ certificate, privateKey, chain: [], password: "a\0b" });
    await assert.rejects(written, (error) => isExchangeError(error, "INVALID_ARGUMENT"));
  });

  it("refuses to write a key that is not the certificate's", async () => {
    const { privateKey } = root;
    const promise = writePfx({ certificate: leaf.certificate, privateKey, chain: [], password: "x" });
    await assert.rejects(promise, (error) => isExchangeError(error, "KEY_MISMATCH"));
  });

  it("refuses what is no PFX", async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("nonsense"), leaf.certificate.der, Buffer.from(leaf.certificate.pem)]) {
      await refuses(bytes, "x", "PFX_UNREADABLE");
    }
    const pfx = await makePfx(leaf, PASSWORD);
    await refuses(pfx.subarray(0, pfx.length - 1), PASSWORD, "PFX_UNREADABLE");
    await refuses(Buffer.concat([pfx, Buffer.alloc(1)]), PASSWORD, "PFX_UNREADABLE");
    await refuses(Buffer.concat([pfx, Buffer.alloc(1024 * 1024)]), PASSWORD, "PFX_UNREADABLE");
  });

  it("refuses a PFX without an integrity check", async () => {
    const without = sequence(Buffer.from("020103", "hex"), data(sequence()));
    await refuses(without, "", "PFX_UNREADABLE");
    await assert.rejects(openPfx(without, ""), /Hint: .*without -nomac/);
  });

  for (const [hmac, bits] of [
    ["1.2.840.113549.2.9", 256],
    ["1.2.840.113549.2.11", 512],
  ] as const) {
    it(`opens a PFX whose integrity check is PBMAC1 with SHA-${bits}`, async () => {
      const pfx = withPbmac1(await makePfx(leaf, PASSWORD), PASSWORD, hmac, `sha${bits}`);
      assert.equal((await openPfx(pfx, PASSWORD)).certificate.thumbprint, leaf.certificate.thumbprint);
      await refuses(pfx, "another", "PFX_PASSWORD_WRONG");
      const dear = withPbmac1(await makePfx(leaf, PASSWORD), PASSWORD, hmac, `sha${bits}`, 2_000_000);
      await refuses(dear, PASSWORD, "PFX_TOO_EXPENSIVE");
    });
  }

  it("keeps the event loop free while it derives 900,000 iterations", async () => {
    const pfx = pfxAround(sequence(data(shroudedKey(pbe(900_000, "pbes2")))), PASSWORD);
    let turns = 0;
    let pending = true;
    const count = (): void => {
      turns++;
      if (pending) setImmediate(count);
    };
    const refused = refuses(pfx, PASSWORD, "PFX_UNREADABLE").finally(() => (pending = false));
    setImmediate(count);
    await refused;
    assert.ok(turns > 100, `the loop turned ${turns} times`);
  });
});

skipUnless(hasOpenssl(), "openssl is not installed").describe("PFX files of OpenSSL", () => {
  const shapes: [title: string, extra: string[]][] = [
    ["3DES, MAC SHA-1", ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"]],
    ["AES-128, MAC SHA-256", ["-certpbe", "AES-128-CBC", "-keypbe", "AES-128-CBC", "-macalg", "sha256"]],
    ["AES-256, MAC SHA-1", ["-certpbe", "AES-256-CBC", "-keypbe", "AES-256-CBC", "-macalg", "sha1"]],
    ["AES-256, MAC SHA-256", ["-macalg", "sha256"]],
    ["AES-256, MAC SHA-384", ["-macalg", "sha384"]],
    ["AES-256, MAC SHA-512", ["-macalg", "sha512"]],
    ["a plain key", ["-keypbe", "NONE"]],
    ["plain certificates", ["-certpbe", "NONE"]],
    ["one iteration", ["-iter", "1"]],
    ["600,000 iterations in all", ["-iter", "200000"]],
  ];
  let leaf: PemPair & { chain: IssuedCertificate["chain"] };
  before(async () => {
    const issued = await makeLeaf(await makeAuthority("CN=Issuing", { parent: await makeAuthority("CN=Root") }));
    leaf = { ...issued, keyPem: keyPem(issued) };
  });

  for (const [title, extra] of shapes) {
    it(`opens ${title}`, async () => {
      const pfx = makeOpensslPfx(leaf, PASSWORD, extra);
      const bundle = await openPfx(pfx, PASSWORD);
      assert.ok(bundle.certificate.der.equals(leaf.certificate.der));
      assert.deepEqual(
        bundle.chain.map(({ subject }) => subject),
        ["CN=Issuing", "CN=Root"],
      );
      const natively = await openNatively(readOutline(pfx), PASSWORD);
      if (!title.startsWith("600,000")) assert.deepEqual(natively, openContainer(pfx, PASSWORD), "as node-forge opens it");
      else assert.equal(natively, null, "left to the thread");
      await refuses(pfx, `${PASSWORD}!`, "PFX_PASSWORD_WRONG");
    });
  }

  skipUnless(hasLegacyOpenssl(), "this openssl has no RC2").it("opens RC2-40 with 3DES", async () => {
    const pfx = makeOpensslPfx(leaf, PASSWORD, ["-legacy"]);
    assert.deepEqual(await openNatively(readOutline(pfx), PASSWORD), openContainer(pfx, PASSWORD));
    const bundle = await openPfx(pfx, PASSWORD);
    assert.ok(bundle.certificate.der.equals(leaf.certificate.der));
  });

  it("opens the empty password", async () => {
    const pfx = makeOpensslPfx(leaf, "");
    assert.ok((await openPfx(pfx, "")).certificate.der.equals(leaf.certificate.der));
  });

  it("refuses no MAC, and says which key provider a file names", async () => {
    await refuses(makeOpensslPfx(leaf, PASSWORD, ["-nomac"]), PASSWORD, "PFX_UNREADABLE");
    const provider = "Microsoft RSA SChannel Cryptographic Provider";
    const named = await openPfx(makeOpensslPfx(leaf, PASSWORD, ["-CSP", provider]), PASSWORD);
    assert.equal(named.keyProvider, provider);
  });

  it("refuses certificates without a key", async () => {
    const files = { cert: leaf.certificate.pem, password: PASSWORD };
    const args = ["pkcs12", "-export", "-nokeys", "-in", "cert", "-passout", "file:password", "-out", "out"];
    await refuses(openssl(args, files), PASSWORD, "PFX_WITHOUT_KEY");
  });

  for (const [kind, type] of [
    ["prime256v1", "EC"],
    ["ed25519", "Ed25519"],
  ] as const) {
    it(`reads ${type} keys, which are unsuitable`, async () => {
      const pair = makeOpensslCertificate(kind);
      const bundle = await openPfx(makeOpensslPfx(pair, PASSWORD), PASSWORD);
      assert.equal(bundle.certificate.keyType, type);
      assert.equal(unsuitable(bundle.certificate)?.code, "CERTIFICATE_KEY_UNSUPPORTED");
      const pem = readPemBundle({ certificate: pair.certificate.pem, privateKey: pair.keyPem });
      assert.ok(pem.privateKey.equals(bundle.privateKey));
    });
  }

  it("keeps every byte of an RSA certificate that an EC authority signed", async () => {
    const authority = makeOpensslCertificate("prime256v1", "/CN=EC Root");
    const key = openssl(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "out"]).toString();
    const request = openssl(["req", "-new", "-key", "key", "-subj", "/CN=mail.contoso.com", "-out", "out"], { key });
    const files = { request, ca: authority.certificate.pem, cakey: authority.keyPem };
    const signing = ["x509", "-req", "-in", "request", "-CA", "ca", "-CAkey", "cakey", "-set_serial", "7", "-out", "out"];
    const pem = openssl(signing, files).toString();
    const bundle = readPemBundle({ certificate: pem, privateKey: key, chain: authority.certificate.pem });
    const opened = await openPfx(await writePfx({ ...bundle, password: PASSWORD }), PASSWORD);
    assert.equal(opened.certificate.thumbprint, bundle.certificate.thumbprint);
    assert.deepEqual(
      opened.chain.map(({ keyType }) => keyType),
      ["EC"],
    );
  });

  for (const algorithm of ["3des", "aes256"] as const) {
    it(`accepts what we write with ${algorithm}`, async () => {
      const { certificate, privateKey, chain } = readPemBundle({ certificate: leaf.certificate.pem, privateKey: leaf.keyPem });
      const friendlyName = "Edge certificate";
      const pfx = await writePfx({ certificate, privateKey, chain, password: PASSWORD, algorithm, friendlyName });
      const args = ["pkcs12", "-in", "pfx", "-nodes", "-passin", "file:password", "-out", "out"];
      const text = openssl(args, { pfx, password: PASSWORD }).toString();
      assert.ok(readPemBundle({ certificate: text, privateKey: text }).certificate.der.equals(certificate.der));
      assert.ok(text.includes("friendlyName: Edge certificate"));
    });
  }
});
