import assert from "node:assert/strict";
import os from "node:os";
import { counted, figure } from "../../../bench/measure";
import { machine, merged, page, text, type PartReport } from "../../../bench/report";

const part = (name: string, more: Partial<PartReport> = {}): PartReport => ({
  ...{ part: name, title: `Title of ${name}`, notes: [], utc: "2026-11-30T18:04:05.000Z", machine: machine(), figures: [] },
  ...more,
});

describe("the benchmark's report", () => {
  it("parts that are run by themselves take their former places, in one order", () => {
    const before = { parts: [part("b", { notes: ["old"] }), part("c")] };
    const { parts } = merged(before, [part("b", { notes: ["new"] }), part("a")], ["a", "b", "c"]);
    assert.deepEqual(
      parts.map(({ part: name, notes }) => [name, ...notes]),
      [["a"], ["b", "new"], ["c"]],
    );
    assert.deepEqual(merged(undefined, [part("a")], ["a"]).parts.length, 1);
    assert.deepEqual(merged({ parts: [part("gone")] }, [], ["a"]).parts, [], "a part that there is no more");
  });

  it("says when each part was run and on what, without a machine's name", () => {
    const shown = page({ parts: [part("a")] });
    const { cpu, cores } = machine();
    assert.match(shown, /## Title of a\n\n`a`, run 2026-11-30 18:04 UTC on /);
    assert.ok(shown.includes(`${cpu}, ${cores} cores`), shown);
    assert.ok(!shown.split(/\W+/).includes(os.hostname()), "its name is nobody's business");
    assert.ok(!JSON.stringify(machine()).includes(os.release()));
  });

  it("figures line up, with what is wanted beside them", () => {
    const figures = [counted("turns", "turns", 63, "≤ 45"), figure("a longer name", "ms", [3, 1, 2])];
    const lines = text({ parts: [part("a", { figures })] }).split("\n");
    assert.deepEqual(lines.slice(-2), ["turns              63  turns             ≤ 45", "a longer name       2  ms       3   3"]);
    const alone = text({
      parts: [
        part("a", {
          figures: [figures[0]],
          rows: [
            ["", "x"],
            ["row", "1.5 s"],
          ],
        }),
      ],
    });
    assert.deepEqual(alone.split("\n").slice(-2), ["         x", "row  1.5 s"], "rows that stand beside each other are shown instead");
  });
});
