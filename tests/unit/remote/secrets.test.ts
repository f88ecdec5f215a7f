import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isExchangeError } from "../../../provider/base/errors";
import { forgetSecrets, redact } from "../../../provider/base/redact";
import { resolveSecret, resolveSecretBytes, setConfig } from "../../../provider/remote/secrets";

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

  it("names the reference of what is missing, and nothing else", async () => {
    const cases: [() => Promise<unknown>, RegExp][] = [
      [() => resolveSecret({ env: "NOPE" }, { env: { OTHER: "Canary" } }), /environment variable NOPE is not set/],
      [() => resolveSecret({ env: "EMPTY" }, { env: { EMPTY: "" } }), /EMPTY is empty/],
      [() => resolveSecret({ file: "nope" }, { cwd }), /file nope cannot be read \(ENOENT\)/],
      [() => resolveSecret({ config: "nope" }), /configuration key nope is not set/],
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
