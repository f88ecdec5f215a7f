import assert from "node:assert/strict";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HINTS } from "../../../provider/base/errors";
import { KNOWN, MOMENTS, refusalsPage, type Moment } from "../../../provider/base/moments";
import { checkoutRoot } from "../tools/fromRoot";

const codes = Object.keys(HINTS);
const sources = (house: string): string[] =>
  readdirSync(join(checkoutRoot, house), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(house, name));
const REFUSALS = sources("provider/handlers").filter((name) => /[rR]efusals\.ts$/.test(name) && !name.endsWith("handlers/refusals.ts"));

describe("when a refusal is known", () => {
  it("docs/refusals.md shows the table (PULUMI_EXCHANGE_WRITE_README=1 writes it)", () => {
    const file = join(checkoutRoot, "docs", "refusals.md");
    if (process.env.PULUMI_EXCHANGE_WRITE_README) writeFileSync(file, refusalsPage());
    assert.equal(readFileSync(file, "utf8"), refusalsPage());
  });

  it("every code has its row, and the page has each once", () => {
    assert.deepEqual(Object.keys(KNOWN).sort(), [...codes].sort());
    const rows = [...refusalsPage().matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code]) => code);
    assert.deepEqual([...rows].sort(), [...codes].sort());
  });

  it("every code is used", () => {
    const texts = sources("provider")
      .filter((name) => !/base\/(errors|moments)\.ts$/.test(name) && !name.includes("provider/resources"))
      .map((name) => readFileSync(join(checkoutRoot, name), "utf8"));
    const unused = codes.filter((code) => !texts.some((text) => text.includes(`"${code}"`) || text.includes(`[${code}]`)));
    assert.deepEqual(unused, []);
  });

  it("what a chain refuses is known before this Edge's window", () => {
    const order = Object.keys(MOMENTS) as Moment[];
    const late: string[] = [];
    assert.ok(REFUSALS.length >= 5, REFUSALS.join());
    for (const name of REFUSALS) {
      const thrown = [...readFileSync(join(checkoutRoot, name), "utf8").matchAll(/@throws ([A-Z0-9_, ]+)/g)].flatMap(([, list]) =>
        list.split(/[ ,]+/),
      );
      for (const code of thrown.filter((one) => one in KNOWN)) {
        if (order.indexOf(KNOWN[code as keyof typeof KNOWN].moment) > order.indexOf("edge")) late.push(`${name}: ${code}`);
      }
    }
    assert.deepEqual(late, []);
  });
});
