import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { checkoutRoot } from "../tools/fromRoot";
import { sourcesOf } from "./sources";

/** Longest title of a test or a suite; what a template puts in is not counted. */
const LONGEST = 80;

interface Title {
  text: string;
  line: number;
}

/** Titles of `it`, `describe` and what is made of them (`skipUnless(…).it`). */
function titlesIn(text: string): Title[] {
  const source = ts.createSourceFile("a.ts", text, ts.ScriptTarget.Latest, true);
  const found: Title[] = [];
  const visit = (node: ts.Node): void => {
    const title = ts.isCallExpression(node) && declares(node.expression) ? textOf(node.arguments[0]) : undefined;
    if (title !== undefined) found.push({ text: title, line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1 });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function declares(callee: ts.Expression): boolean {
  const name = ts.isIdentifier(callee) ? callee.text : ts.isPropertyAccessExpression(callee) ? callee.name.text : "";
  return name === "it" || name === "describe";
}

function textOf(node: ts.Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  return ts.isTemplateExpression(node) ? node.head.text + node.templateSpans.map(({ literal }) => literal.text).join("") : undefined;
}

describe("titles of tests", () => {
  it(`have at most ${LONGEST} characters`, () => {
    const files = sourcesOf("tests", [".test.ts"]);
    const titles = files.flatMap((file) => titlesIn(readFileSync(join(checkoutRoot, file), "utf8")).map((title) => ({ file, ...title })));
    assert.ok(titles.length > 1000, `only ${titles.length} titles were read`);
    const long = titles.filter(({ text }) => text.length > LONGEST).map(({ file, line, text }) => `${file}:${line} ${text.length} ${text}`);
    assert.deepEqual(long, [], "one idea a title; the reason stands in the assertion's message");
  });

  it("are read in every form", () => {
    const text = 'describe("a", () => { it(`b ${x} c`, f); skipUnless(y).it("d", f); it.skip(other, f); });';
    assert.deepEqual(
      titlesIn(text).map((title) => title.text),
      ["a", "b  c", "d"],
    );
  });
});
