/** docs/doctor.md lists every row and every finding, and each row has its test. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { scenarioFolder } from "../../../lab/model/scenarioFile";
import { SYMPTOMS, type Sign } from "../../../provider/exchange/symptoms";

const root = path.resolve(scenarioFolder(), "..", "..");
const page = readFileSync(path.join(root, "docs", "doctor.md"), "utf8");
const folder = path.join(root, "tests", "contract", "doctor");
const FACTS_ALONE = "recognition.test.ts";

/** Rows of the table under a heading: cells without blanks around. */
function rows(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  const cells = (line: string): string[] => line.split("|").slice(1, -1);
  return lines.slice(2).map((line) => cells(line).map((cell) => cell.trim()));
}

/** Rows named in the titles of tests: in the lab, or from facts alone. */
function titled(inLab: boolean): Set<string> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts") && (name === FACTS_ALONE) !== inLab);
  const found = new Set<string>();
  for (const file of files) {
    const source = readFileSync(path.join(folder, file), "utf8");
    for (const [, title] of source.matchAll(/\bit\(["`]((?:[^"`\\]|\\.)*)["`]/g))
      for (const [row] of title.matchAll(/\bR\d+\b/g)) found.add(row);
    // rows of a loop over rows
    for (const [, row] of source.matchAll(/\["(R\d+)", \d+\]/g)) found.add(row);
  }
  return found;
}

const codes = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code);
const signText = ({ event, text }: Sign): string =>
  [event && `${event.source} ${event.ids.join(", ")}`, text].filter((part) => part !== undefined).join(": ");

describe("docs/doctor.md", () => {
  const listed = rows("Events and texts");

  it("lists the rows in order, each once", () => {
    assert.deepEqual(
      listed.map(([row]) => row),
      listed.map((_, index) => `R${index + 1}`),
    );
    assert.equal(listed.length, 24);
  });

  it("says `tested` where a test of the lab has the row in its title", () => {
    const inLab = titled(true);
    const alone = titled(false);
    for (const [row, text, , status] of listed) {
      assert.ok(text, row);
      if (status === "tested") assert.ok(inLab.has(row), `${row} has no test in the lab`);
      else assert.match(status, /^unreachable: \S.{15,}/, row);
      if (status !== "tested") assert.ok(alone.has(row) && !inLab.has(row), `${row} is judged from facts alone`);
    }
    const known = new Set(listed.map(([row]) => row));
    for (const row of [...inLab, ...alone]) assert.ok(known.has(row), `${row} is tested and not listed`);
  });

  it("names findings that exist", () => {
    const ids = SYMPTOMS.map(({ id }) => id);
    for (const [row, , finding] of listed) {
      assert.ok(codes(finding).length > 0, row);
      for (const id of codes(finding)) assert.ok(ids.includes(id), `${row}: ${id}`);
    }
  });

  it("lists every finding with its severity and signs, in the order of the looks", () => {
    const expected = SYMPTOMS.map(({ id, severity, signs }) => [`\`${id}\``, severity, [...new Set(signs.map(signText))].join("; ")]);
    assert.deepEqual(rows("Findings"), expected);
  });
});
