import assert from "node:assert/strict";
import { countLine, isGood, seedLines, summary, tierResult } from "../../../tools/testing/summary";
import { selectTiers } from "../../../tools/testing/tiers";

const end = { tier: "unit", output: "", seconds: 1 };

describe("test runner: counting", () => {
  it("takes mocha's own count", () => {
    const result = tierResult([{ kind: "passed" }, { kind: "end", counts: { passes: 3, failures: 1, pending: 2 } }], end);
    assert.equal(countLine([result]), "3 passed, 1 failed, 2 skipped");
    assert.equal(isGood([result]), false);
  });

  it("counts a tier that died as failed, and names the test it died in", () => {
    const result = tierResult([{ kind: "passed" }, { kind: "started", title: "engine W1" }], { ...end, crash: "was ended by SIGKILL" });
    assert.equal(countLine([result]), "1 passed, 1 failed, 0 skipped");
    assert.match(result.failures[0] ?? "", /was ended by SIGKILL, last test begun: engine W1/);
  });

  it("is not good when nothing ran", () => {
    const result = tierResult([{ kind: "end", counts: { passes: 0, failures: 0, pending: 4 } }], end);
    assert.equal(isGood([result]), false);
    assert.equal(isGood([]), false);
  });

  it("adds the tiers up in the last line", () => {
    const one = tierResult([{ kind: "end", counts: { passes: 3, failures: 0, pending: 1 } }], end);
    assert.equal(summary([one, { ...one, tier: "contract" }]).at(-1), "6 passed, 0 failed, 2 skipped");
  });

  it("names what was skipped and why", () => {
    const messages = [
      { kind: "skipped", title: "sshd logs on [skipped: sshd is not installed]" },
      { kind: "skipped", title: "later" },
      { kind: "end", counts: { passes: 1, failures: 0, pending: 2 } },
    ] as const;
    const text = summary([tierResult(messages, end)]).join("\n");
    assert.match(text, /unit: sshd logs on \[skipped: sshd is not installed\]/);
    assert.match(text, /unit: later \[skipped: no reason given/);
  });

  it("repeats the lines that name a seed", () => {
    assert.deepEqual(seedLines("x\n  seed 42 runs 7\n{ seed: -77, path: '1' }\n  seed 42 runs 7\nseeded bugs: none\n"), [
      "seed 42 runs 7",
      "{ seed: -77, path: '1' }",
    ]);
  });
});

describe("test runner: tiers", () => {
  it("runs all when none is named, cheap ones first", () => assert.equal(selectTiers([])[0]?.name, "unit"));
  it("keeps its own order", () => {
    const names = selectTiers(["engine", "unit"]).map((tier) => tier.name);
    assert.deepEqual(names, ["unit", "engine"]);
  });
  it("refuses a name that is no tier", () => assert.throws(() => selectTiers(["units"]), /no such tier: units/));
});
