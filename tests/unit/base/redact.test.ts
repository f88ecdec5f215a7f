import assert from "node:assert/strict";
import fc from "fast-check";
import { forgetSecrets, redact, registerSecret } from "../../../provider/base/redact";

const SECRET = 'Pa55 "wörd"\\ ’+/%&\n=?';

describe("redact", () => {
  afterEach(forgetSecrets);

  const forms: [string, (text: string) => string][] = [
    ["plain", (text) => text],
    ["base64", (text) => Buffer.from(text).toString("base64")],
    ["base64 for URLs", (text) => Buffer.from(text).toString("base64url")],
    ["hex", (text) => Buffer.from(text).toString("hex")],
    ["hex in capitals", (text) => Buffer.from(text).toString("hex").toUpperCase()],
    ["base64 of UTF-16LE", (text) => Buffer.from(text, "utf16le").toString("base64")],
    ["JSON-escaped", (text) => JSON.stringify(text)],
    ["JSON-escaped twice", (text) => JSON.stringify(JSON.stringify(text))],
    ["URL-encoded", encodeURIComponent],
    ["form-encoded", (text) => encodeURIComponent(text).replaceAll("%20", "+")],
  ];
  for (const [what, encode] of forms) {
    it(`finds a secret: ${what}`, () => {
      registerSecret(SECRET);
      const clean = redact(`before ${encode(SECRET)} after`);
      assert.match(clean, /^before "?(\\?")?\[secret\](\\?")?"? after$/);
    });
  }

  it("finds a secret inside a longer encoded text, wherever it stands", () => {
    registerSecret("Sup3rSecretValue");
    fc.assert(
      fc.property(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (before, after) => {
        for (const encoding of ["utf8", "utf16le"] as const) {
          const text = Buffer.from(`${before}Sup3rSecretValue${after}`, encoding).toString("base64");
          const clean = redact(text);
          assert(clean.includes("[secret]"), text);
          assert(!Buffer.from(clean.replace("[secret]", ""), "base64").toString(encoding).includes("ecretVal"));
        }
      }),
    );
  });

  it("finds the lines of a private key one by one", () => {
    registerSecret("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n");
    assert.equal(redact("x AQEFAASCBKcwggSjAgEAAoIB y"), "x [secret] y");
    assert.equal(redact("-----BEGIN PRIVATE KEY-----"), "-----BEGIN PRIVATE KEY-----");
  });

  it("leaves ordinary text alone, also after very short secrets", () => {
    registerSecret("");
    registerSecret("a");
    registerSecret("the");
    assert.equal(redact("restart AD LDS on the Edge"), "restart AD LDS on the Edge");
  });

  it("takes the longer of two secrets that overlap", () => {
    registerSecret("hunter");
    registerSecret("hunter2-and-more");
    assert.equal(redact("hunter2-and-more"), "[secret]");
  });
});
