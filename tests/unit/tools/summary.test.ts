import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { belowFloors, figuresTable, mergeFigures, type Figures, type Row } from "../../../tools/testing/figures";
import { estimate, inParts, LONG, lanesFor, Schedule } from "../../../tools/testing/schedule";
import { countLine, fileResult, isGood, seedLines, summary } from "../../../tools/testing/summary";
import { labelOf, needsEngine, selectTiers, testFiles, TIERS, type TestFile } from "../../../tools/testing/tiers";
import { checkoutRoot } from "./fromRoot";

const end = { tier: "unit", name: "a/b", output: "", seconds: 1 };
const whole = { seconds: 1 };

describe("test runner: counting", () => {
  it("takes mocha's own count", () => {
    const result = fileResult([{ kind: "passed" }, { kind: "end", counts: { passes: 3, failures: 1, pending: 2 } }], end);
    assert.equal(countLine([result]), "3 passed, 1 failed, 2 skipped");
    assert.equal(isGood([result]), false);
  });

  it("counts a process that died as failed, and names the test it died in", () => {
    const result = fileResult([{ kind: "passed" }, { kind: "started", title: "engine W1" }], { ...end, crash: "was ended by SIGKILL" });
    assert.equal(countLine([result]), "1 passed, 1 failed, 0 skipped");
    assert.match(result.failures[0] ?? "", /was ended by SIGKILL, last test begun: engine W1/);
  });

  it("is not good when nothing ran", () => {
    const result = fileResult([{ kind: "end", counts: { passes: 0, failures: 0, pending: 4 } }], end);
    assert.equal(isGood([result]), false);
    assert.equal(isGood([]), false);
  });

  it("adds the files up in the last line", () => {
    const one = fileResult([{ kind: "end", counts: { passes: 3, failures: 0, pending: 1 } }], end);
    assert.equal(summary([one, { ...one, tier: "contract" }], whole).at(-1), "6 passed, 0 failed, 2 skipped");
  });

  it("says what ran file by file in columns, then what was skipped, the failures last", () => {
    const one = fileResult([{ kind: "end", counts: { passes: 3, failures: 0, pending: 0 } }], { ...end, seconds: 12.34 });
    const two = fileResult(
      [
        { kind: "failed", title: "is right", why: "Error: it is not" },
        { kind: "skipped", title: "later [skipped: no disk]" },
        { kind: "end", counts: { passes: 10, failures: 1, pending: 1 } },
      ],
      { ...end, name: "c" },
    );
    const [head, ...lines] = summary([one, two], { seconds: 13, remarks: ["a remark"] }).slice(1);
    assert.match(head, /^What ran +passed +failed +skipped +seconds +CPU s$/);
    const ends = lines.slice(0, 4).map((line) => line.length);
    assert.deepEqual(
      ends,
      ends.map(() => head.length),
      "they line up",
    );
    assert.match(lines[1], /^ {2}a\/b +3 +0 +0 +12\.3 +0\.0$/);
    assert.deepEqual(lines.slice(4), [
      "",
      "a remark",
      "",
      "Skipped:",
      "  unit/c: later [skipped: no disk]",
      "",
      "Failed:",
      "  unit/c: is right\n    Error: it is not",
      "",
      "13 passed, 1 failed, 1 skipped",
    ]);
  });

  it("names what was skipped and why", () => {
    const messages = [
      { kind: "skipped", title: "sshd logs on [skipped: sshd is not installed]" },
      { kind: "skipped", title: "later" },
      { kind: "end", counts: { passes: 1, failures: 0, pending: 2 } },
    ] as const;
    const text = summary([fileResult(messages, end)], whole).join("\n");
    assert.match(text, /unit\/a\/b: sshd logs on \[skipped: sshd is not installed\]/);
    assert.match(text, /unit\/a\/b: later \[skipped: no reason given/);
  });

  it("repeats the lines that name a seed", () => {
    assert.deepEqual(seedLines("x\n  seed 42 runs 7\n{ seed: -77, path: '1' }\n  seed 42 runs 7\nseeded bugs: none\n"), [
      "seed 42 runs 7",
      "{ seed: -77, path: '1' }",
    ]);
  });
});

describe("test runner: figures of the faults", () => {
  const row = (cases: number, more: Partial<Row> = {}): Row => {
    const none = { notConverged: 0, broken: 0, mailLost: 0, lost: 0, twice: 0, cpu: 100, started: 5_000, ended: 9_000 };
    return { ...none, cases, worlds: cases, ...more };
  };
  const figures = (rows: Figures["rows"], more: Partial<Figures> = {}): Figures => ({ rows, remarks: [], omitted: [], ...more });
  const one = figures([["1 killed", row(10, { worlds: 6 })]], { planted: { caught: 2, planted: 2 } });
  const two = figures(
    [
      ["1 killed", row(5, { started: 4_000, broken: 1 })],
      ["0 first", row(1)],
    ],
    { planted: { caught: 1, planted: 1 }, remarks: ["seen"] },
  );

  it("are added up over files", () => {
    const all = mergeFigures([one, two]);
    assert.deepEqual(all.rows, [
      ["0 first", row(1)],
      ["1 killed", row(15, { worlds: 11, broken: 1, cpu: 200, started: 4_000 })],
    ]);
    assert.deepEqual(all.planted, { caught: 3, planted: 3 });
    const text = figuresTable(all).join("\n");
    assert.match(text, /^1 killed +15 +11 +0 +1 .* 5\.0$/m);
    assert.match(text, /16 cases, 1 findings\nseen\nseeded bugs: 3 caught of 3 planted/);
    assert.deepEqual(figuresTable(mergeFigures([])), []);
  });

  it("too few cases or bugs, and what there was no time for, are failures", () => {
    const floors = { families: { "1 killed": 15, "2 cut": 4 }, engineFamilies: { "9 engine": 7 }, bugsCaught: 3 };
    const enough = mergeFigures([one, two, figures([["2 cut", row(4)]])]);
    assert.deepEqual(belowFloors(enough, floors, false), [], "a machine without the engine");
    assert.deepEqual(belowFloors(enough, floors), ['family "9 engine": 0 cases, at least 7 belong to it']);
    assert.deepEqual(belowFloors(mergeFigures([one, figures([], { omitted: ["no time for 3"] })]), floors, false), [
      "no time for 3",
      'family "1 killed": 10 cases, at least 15 belong to it',
      'family "2 cut": 0 cases, at least 4 belong to it',
      "seeded bugs: 2 caught, at least 3 have to be",
    ]);
    const good = fileResult([{ kind: "end", counts: { passes: 3, failures: 0, pending: 0 } }], end);
    assert.equal(isGood([good], ["no time for 3"]), false);
    assert.deepEqual(summary([good], { ...whole, complaints: ["no time for 3"] }).slice(-4), [
      "Failed:",
      "  no time for 3",
      "",
      "3 passed, 1 failed, 0 skipped",
    ]);
  });
});

/** The text of a compiled file and of all of this repository that it loads. */
function loads(file: string, seen = new Map<string, string>()): string[] {
  if (seen.has(file)) return [];
  const text = readFileSync(file, "utf8");
  seen.set(file, text);
  for (const [, name] of text.matchAll(/require\("(\.[^"]+)"\)/g)) {
    const path = join(dirname(file), name);
    const found = [`${path}.js`, join(path, "index.js"), path].find((one) => existsSync(one) && statSync(one).isFile());
    if (found?.endsWith(".js")) loads(found, seen);
  }
  return [...seen.values()];
}

describe("test runner: tiers and lanes", () => {
  it("runs all when none is named, cheap ones first", () => assert.equal(selectTiers([])[0]?.name, "unit"));
  it("keeps its own order", () => {
    const names = selectTiers(["engine", "unit"]).map((tier) => tier.name);
    assert.deepEqual(names, ["unit", "engine"]);
  });
  it("refuses a name that is no tier", () => assert.throws(() => selectTiers(["units"]), /no such tier: units/));

  it("twice as many files at once as there are cores, or as many as asked for", () => {
    assert.deepEqual([lanesFor(2, 100), lanesFor(8, 3), lanesFor(2, 100, "1")], [4, 3, 1]);
    for (const wrong of ["0", "x", "-1", "1.5"]) assert.throws(() => lanesFor(2, 100, wrong), /--lanes must be a number above 0/);
  });

  it("every file that uses the engine is said to need it", () => {
    const compiled = join(checkoutRoot, "dist", "tests");
    const files = TIERS.flatMap((tier) => testFiles(compiled, tier));
    const uses = files.filter((one) => loads(one.file).some((text) => /require\("@pulumi\/pulumi\/automation"\)/.test(text)));
    assert.ok(uses.length > 10);
    assert.deepEqual(
      uses.filter((one) => !needsEngine(one)).map(({ tier, name }) => `${tier.name}/${name}`),
      [],
    );
  });

  it("every file that is said to take long is there", () => {
    const compiled = join(checkoutRoot, "dist", "tests");
    const known = TIERS.flatMap((tier) => testFiles(compiled, tier).map(({ name }) => `${tier.name}/${name}`));
    for (const name of Object.keys(LONG)) assert.ok(known.includes(name), name);
  });

  it("long files are cut into parts, whose tests are those of the file", () => {
    const [contract] = selectTiers(["contract"]);
    const parts = inParts([
      { tier: contract, file: "f", name: "canary" },
      { tier: contract, file: "g", name: "other" },
    ]);
    assert.deepEqual(parts.map(labelOf), ["canary 1/3", "canary 2/3", "canary 3/3", "other"]);
    assert.equal(estimate(parts[0]), 10);
  });

  it("gives every file out once, and begins with what takes long", () => {
    const [unit, faults] = selectTiers(["unit", "faults"]);
    const files = [
      ...["a", "b", "c"].map((name): TestFile => ({ tier: unit, file: name, name })),
      ...["0-checker", "4-random"].map((name): TestFile => ({ tier: faults, file: name, name })),
    ];
    const schedule = new Schedule(files);
    const first = schedule.next(undefined);
    assert.equal(first?.name, "4-random");
    assert.equal(schedule.next(undefined)?.name, "0-checker", "more is left there for a second lane, too");
    assert.equal(schedule.next(faults)?.tier, unit, "nothing is left of its own");
    assert.equal(schedule.next(unit)?.tier, unit);
    assert.equal(schedule.next(faults)?.tier, unit);
    assert.equal(schedule.next(unit), undefined);
  });
});
