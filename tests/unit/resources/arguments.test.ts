import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Arguments } from "../../../provider/handlers/arguments";
import { handlers, TABLES } from "../../../provider/handlers";
import { checkoutRoot } from "../tools/fromRoot";
import { argumentsPage } from "./argumentsPage";
import { declaredOf } from "./declared";

describe("arguments", () => {
  it("every class has its table", () => {
    deepStrictEqual(Object.keys(TABLES).sort(), Object.keys(handlers).sort());
  });

  it("docs/arguments.md shows the tables (PULUMI_EXCHANGE_WRITE_README=1 writes it)", () => {
    const file = join(checkoutRoot, "docs", "arguments.md");
    if (process.env.PULUMI_EXCHANGE_WRITE_README) writeFileSync(file, argumentsPage());
    strictEqual(readFileSync(file, "utf8"), argumentsPage());
  });

  for (const [name, table] of Object.entries<Arguments>(TABLES)) {
    describe(name, () => {
      const declared = declaredOf(`${name}Args`);
      const { owner, ...own } = table;

      it("its class declares exactly what its table knows", () => {
        ok(owner, "every resource has an owner, which the class sets");
        deepStrictEqual(declared.map((one) => one.name).sort(), Object.keys(own).sort());
      });

      it("what the table requires is no option in the class, and has no default", () => {
        for (const one of declared) strictEqual(one.optional, table[one.name].required !== true, one.name);
        for (const [argument, one] of Object.entries(own)) ok(!(one.required && one.default !== undefined), argument);
      });

      it("every argument says what it is, and what it is by default", () => {
        for (const { name: argument, docs } of declared) {
          ok(docs.length > 10, argument);
          const { default: otherwise } = table[argument];
          if (otherwise !== undefined) ok(docs.includes("default") && docs.includes(String(otherwise)), `${argument}: ${docs}`);
        }
      });
    });
  }
});
