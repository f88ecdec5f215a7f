import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, normalize, resolve } from "node:path";
import { isExchangeError } from "../../../provider/base/errors";
import { forgetSecrets, redact } from "../../../provider/base/redact";
import { filePath, resolveSecret, resolveSecretBytes, setConfig } from "../../../provider/remote/secrets";
import { makePfx, makeSelfSigned } from "../../support/certificates";

describe("secrets", () => {
  let cwd: string;
  before(() => (cwd = mkdtempSync(join(tmpdir(), "secrets-"))));
  after(() => rmSync(cwd, { recursive: true }));
  afterEach(() => {
    setConfig(undefined);
    forgetSecrets();
  });

  it("resolves each form and tells the redactor", async () => {
    writeFileSync(join(cwd, "password"), "from-a-file\n");
    setConfig((key) => (key === "pw" ? "from-stack-config" : undefined));
    const env = { PW: "from-environment" };
    assert.equal(await resolveSecret("given-directly"), "given-directly");
    assert.equal(await resolveSecret({ env: "PW" }, { env }), "from-environment");
    assert.equal(await resolveSecret({ file: "password" }, { cwd }), "from-a-file");
    assert.equal(await resolveSecret({ config: "pw" }), "from-stack-config");
    assert.equal(await resolveSecret({ config: "pw" }, { config: { pw: "from-argument" } }), "from-argument");
    const text = "given-directly from-environment from-a-file from-stack-config from-argument";
    assert.equal(redact(text), Array(5).fill("[secret]").join(" "));
  });

  it("reads bytes from base64, and from a file as they are or as base64", async () => {
    const data = Buffer.from([0x30, 0x82, 1, 2, 0xff, 0x0a]);
    writeFileSync(join(cwd, "raw.pfx"), data);
    writeFileSync(join(cwd, "text.pfx"), data.toString("base64").replace(/(.{4})/g, "$1\n"));
    for (const ref of [data.toString("base64"), { file: "raw.pfx" }, { file: "text.pfx" }]) {
      assert.deepEqual(await resolveSecretBytes(ref, { cwd }), data);
    }
    assert.equal(redact(data.toString("hex")), "[secret]");
  });

  it("reads files as Windows writes them: byte order marks, UTF-16, CR LF, armour", async () => {
    const password = "Pässwörd €";
    const forms = [`\uFEFF${password}\r\n`, `${password}\r\n`, password].map((text) => Buffer.from(text));
    for (const text of [`\uFEFF${password}\r\n`, `${password}\r\n`])
      forms.push(Buffer.from(text, "utf16le"), Buffer.from(text, "utf16le").swap16());
    for (const [i, bytes] of forms.entries()) {
      writeFileSync(join(cwd, `password-${i}`), bytes);
      assert.equal(await resolveSecret({ file: `password-${i}` }, { cwd }), password);
    }
    const pfx = await makePfx(await makeSelfSigned(), "x");
    const base64 = pfx.toString("base64").replace(/.{64}/g, "$&\r\n");
    const armoured = `-----BEGIN CERTIFICATE-----\r\n${base64}\r\n-----END CERTIFICATE-----\r\n`;
    for (const [i, bytes] of [base64, armoured].flatMap((text) => [Buffer.from(text), Buffer.from(`\uFEFF${text}`, "utf16le")]).entries()) {
      writeFileSync(join(cwd, `pfx-${i}`), bytes);
      assert.deepEqual(await resolveSecretBytes({ file: `pfx-${i}` }, { cwd }), pfx);
    }
    writeFileSync(join(cwd, "binary"), pfx);
    await assert.rejects(resolveSecret({ file: "binary" }, { cwd }), /holds a PFX .* where text is expected/);
  });

  it("finds files by ~, %USERPROFILE% and $env:NAME", async () => {
    const env = { USERPROFILE: "/home/of/admin", Certs: "/certs" };
    assert.equal(filePath("~/edge.pfx", "/cwd", env), join(homedir(), "edge.pfx"));
    assert.equal(filePath("%UserProfile%/edge.pfx", "/cwd", env), normalize("/home/of/admin/edge.pfx"));
    assert.equal(filePath("%USERPROFILE%/edge.pfx", "/cwd", {}), join(homedir(), "edge.pfx"));
    assert.equal(filePath("$env:CERTS/edge.pfx", "/cwd", env), normalize("/certs/edge.pfx"));
    assert.equal(filePath("%NOTHING%/a~b.pfx", "/cwd", env), resolve("/cwd", "%NOTHING%/a~b.pfx"));
    const missing = resolveSecretBytes({ file: "certs/edge.pfx" }, { cwd });
    await assert.rejects(
      missing,
      (error: Error) => error.message.includes(join(cwd, "certs", "edge.pfx")) && error.message.includes(`the folder ${cwd}`),
    );
  });

  it("names the reference of what is missing, and nothing else", async () => {
    const cases: [() => Promise<unknown>, RegExp][] = [
      [() => resolveSecret({ env: "NOPE" }, { env: { OTHER: "Canary" } }), /environment variable NOPE is not set/],
      [() => resolveSecret({ env: "EMPTY" }, { env: { EMPTY: "" } }), /EMPTY is empty/],
      [() => resolveSecret({ file: "nope" }, { cwd }), /file nope cannot be read \(ENOENT\)/],
      [() => resolveSecret({ config: "nope" }), /configuration key nope is not set/],
      [() => resolveSecretBytes({ file: "/dev/null" }), /file \/dev\/null is empty/],
      [() => resolveSecretBytes("Canary: not base64"), /given value does not hold base64/],
    ];
    for (const [task, text] of cases) {
      await assert.rejects(task(), (error: Error) => {
        assert(isExchangeError(error, "SECRET_UNAVAILABLE"));
        assert.match(error.message, text);
        return !error.message.includes("Canary");
      });
    }
  });
});
