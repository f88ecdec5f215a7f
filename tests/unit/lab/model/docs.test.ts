import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { scenarioFolder, scenarioNames } from "../../../../lab/model/scenarioFile";
import { LATENCIES, TOGGLES } from "../../../../lab/model/settings";

const root = path.resolve(scenarioFolder(), "..", "..");
const page = readFileSync(path.join(root, "docs", "lab.md"), "utf8");
const folder = path.join(root, "tests", "unit", "lab", "model");

/** Rows of the table under a heading: cells without blanks around. */
function rows(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function testedRules(): Map<string, string> {
  const rules = new Map<string, string>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".test.ts")))
    for (const [, rule] of readFileSync(path.join(folder, file), "utf8").matchAll(/it\(["`]([A-Z]\d+) /g)) rules.set(rule, file);
  return rules;
}

describe("docs/lab.md", () => {
  it("lists every tested rule with a source and the file of its test, and no other", () => {
    const tested = testedRules();
    const listed = rows("Rules");
    assert.deepEqual(listed.map(([rule]) => rule).sort(), [...tested.keys()].sort());
    for (const [rule, what, source, file] of listed) {
      assert.ok(what && source, `${rule} has no text or no source key`);
      assert.equal(file, tested.get(rule), rule);
    }
  });

  it("lists every symptom as shown by a tested rule, or as unreachable with the reason", () => {
    const tested = testedRules();
    const symptoms = rows("Symptoms of section 9");
    assert.ok(symptoms.length >= 20);
    for (const [symptom, shown] of symptoms) {
      const known = shown.startsWith("unreachable: ") || shown.split(", ").every((rule) => tested.has(rule));
      assert.ok(known, `${symptom}: ${shown}`);
    }
  });

  it("lists every toggle and latency with its default", () => {
    const toggles = rows("Toggles").map(([name, value]) => [name, value]);
    assert.deepEqual(
      toggles,
      Object.entries(TOGGLES).map(([name, setting]) => [`\`${name}\``, `\`${String(setting.default)}\``]),
    );
    const latencies = rows("Latencies").map(([name, value]) => [name, value]);
    assert.deepEqual(
      latencies,
      Object.entries(LATENCIES).map(([name, setting]) => [`\`${name}\``, String(setting.default)]),
    );
  });

  it("lists every scenario", () => {
    assert.deepEqual(
      rows("Scenarios")
        .map(([name]) => name)
        .sort(),
      scenarioNames()
        .map((name) => `\`${name}\``)
        .sort(),
    );
  });
});
