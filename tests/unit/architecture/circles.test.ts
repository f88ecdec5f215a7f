import assert from "node:assert/strict";
import { circles } from "./circles";
import { importsIn, importsOf, sourcesOf, targetOf } from "./sources";

const HOUSES = ["provider", "lab", "tests", "tools", "bench", "examples"];

function importGraph(): Map<string, string[]> {
  const files = HOUSES.flatMap((house) => sourcesOf(house, [".ts", ".js", ".mjs"]));
  const known = new Set(files);
  const targets = (file: string): string[] => importsOf(file).flatMap((specifier) => targetOf(file, specifier, known) ?? []);
  return new Map(files.map((file) => [file, targets(file)]));
}

describe("import circles", () => {
  it("no file imports itself over others", () => {
    const graph = importGraph();
    for (const house of HOUSES.slice(0, 4)) {
      const links = [...graph].filter(([file]) => file.startsWith(`${house}/`)).flatMap(([, targets]) => targets);
      assert.ok(links.length > 20, `only ${links.length} imports were followed in ${house}/`);
    }
    assert.deepEqual(circles(graph), []);
  });

  it("every form of import counts", () => {
    const forms = [
      'import type { A } from "./a";',
      'import { type B } from "./b";',
      'import "./c";',
      'export * from "./d";',
      'export type { E } from "./e";',
      'const f = require("./f");',
      'type G = import("./g").G;',
      'void import("./h");',
      'import I = require("./i");',
    ];
    const names = importsIn(forms.join("\n")).sort();
    assert.deepEqual(names, ["./a", "./b", "./c", "./d", "./e", "./f", "./g", "./h", "./i"]);
  });

  it("a path means a file or a folder's index", () => {
    const files = new Set(["a/b.ts", "a/c/index.ts", "a/d.js", "a/e.test.ts"]);
    const targets = ["./b", "./b.js", "./c", "./c/", "../a/d", "./e.test", "./none", "mocha"].map((one) => targetOf("a/x.ts", one, files));
    assert.deepEqual(targets, ["a/b.ts", "a/b.ts", "a/c/index.ts", "a/c/index.ts", "a/d.js", "a/e.test.ts", undefined, undefined]);
  });

  const graph = (edges: { [name: string]: string }): Map<string, string[]> =>
    new Map(Object.entries(edges).map(([name, next]) => [name, [...next]]));

  it("circles are found wherever one enters them", () => {
    assert.deepEqual(circles(graph({ a: "b", b: "c", c: "a", d: "a" })), [["a", "b", "c"]]);
    assert.deepEqual(circles(graph({ d: "a", a: "bc", b: "d", c: "e", e: "c" })), [
      ["c", "e"],
      ["a", "b", "d"],
    ]);
    assert.deepEqual(circles(graph({ a: "a" })), [["a"]]);
    assert.deepEqual(circles(graph({ a: "bc", b: "c", c: "" })), []);
  });
});
