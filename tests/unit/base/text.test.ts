/** Text as Windows writes it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeText, plainText } from "../../../provider/base/text";
import { plain, shortened, withoutControls } from "../../../provider/base/hostText";

const le = (text: string): Buffer => Buffer.from(text, "utf16le");

describe("text of files", () => {
  it("is read in UTF-8 and UTF-16, with and without a byte order mark", () => {
    const line = '{"ready":true,"name":"Überprüfung"}\r\n';
    const forms = [
      Buffer.from(line),
      Buffer.from(`\uFEFF${line}`),
      le(line),
      le(`\uFEFF${line}`),
      le(line).swap16(),
      le(`\uFEFF${line}`).swap16(),
    ];
    for (const form of forms) assert.equal(plainText(decodeText(form)!), '{"ready":true,"name":"Überprüfung"}\n');
  });

  it("falls back on Windows-1252, and knows bytes that are no text", () => {
    assert.equal(decodeText(Buffer.from("Pa\xdfwort\x80", "latin1")), "Paßwort€");
    assert.equal(decodeText(Buffer.from("308201020304", "hex")), undefined);
    assert.equal(decodeText(Buffer.alloc(0)), "");
  });

  it("keeps every text that was written as UTF-8", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", minLength: 1 }),
        (text) =>
          decodeText(Buffer.from(`x${text.replace(/[\0-\u001f]/g, "")}`)) === `x${text.replace(/[\0-\u001f]/g, "")}`.replace(/^\uFEFF/, ""),
      ),
    );
  });
});

describe("text of a host", () => {
  it("cannot steer a terminal", () => {
    const hostile =
      "\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u001b]8;;http://x\u001b\\link\u009b2J \u202Eright\u202C \b\u0000end\r\nnext";
    assert.equal(withoutControls(hostile), "red  link right end\nnext");
    assert.equal(plain(hostile), "red link right end next");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const bad = [...plain(text)].filter((one) => {
          const code = one.codePointAt(0)!;
          return code < 32 || (code > 126 && code < 160);
        });
        return bad.length === 0;
      }),
    );
  });

  it("is shortened before the hint, and whole behind it", () => {
    assert.deepEqual(shortened("LSASS says no\r\n"), { short: "LSASS says no" });
    const long = `${"x".repeat(400)}\nlast line`;
    const { short, more } = shortened(long);
    assert.ok(short.length <= 301 && short.endsWith("…"));
    assert.equal(more, long);
  });
});
