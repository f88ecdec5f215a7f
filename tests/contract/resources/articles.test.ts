/** docs/articles.md names tests that exist: each file is there, and says what the table quotes of it. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

function root(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "Pulumi.yaml"))) folder = dirname(folder);
  return folder;
}

/** The text of a test file, or of all in a folder. */
function textOf(name: string): string {
  const path = join(root(), "tests", name);
  if (existsSync(`${path}.test.ts`)) return readFileSync(`${path}.test.ts`, "utf8");
  assert.ok(existsSync(path) && statSync(path).isDirectory(), `docs/articles.md names tests/${name}, which is not there`);
  return readdirSync(path)
    .map((file) => readFileSync(join(path, file), "utf8"))
    .join("\n");
}

describe("docs/articles.md", () => {
  const text = readFileSync(join(root(), "docs", "articles.md"), "utf8");
  const rows = text
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| Step"))
    .map((line) => line.split("|").map((cell) => cell.trim()));

  it("has a test for every step", () => {
    assert.ok(rows.length > 30);
    for (const [, step, resource, test] of rows) assert.ok(step && resource && /`(unit|contract|engine)\//.test(test), step);
  });

  for (const [, step, , tests] of rows)
    it(`${step}`, () => {
      for (const part of tests.split(";")) {
        const file = /`((?:unit|contract|engine)\/[^`]+)`/.exec(part)?.[1];
        assert.ok(file, part);
        const found = textOf(file);
        for (const [, quoted] of part.matchAll(/"([^"]+)"/g)) assert.ok(found.includes(quoted), `${file} does not say "${quoted}"`);
      }
    });
});
