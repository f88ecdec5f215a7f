/** Lines of a rotation that nobody watches: counted with real latencies, on a clock that jumps. */
import assert from "node:assert/strict";
import path from "node:path";
import { askApart } from "../../support/apart";
import type { Order, Printed } from "../../support/faults/manyEdges";

/** In a process of its own: its clock is not ours. */
const rotate = (order: Order): Promise<Printed> => askApart(path.join(__dirname, "../../support/faults/manyEdges.js"), order);

describe("what a rotation of 10 Edges prints", () => {
  /** Every cmdlet takes seconds in life; a step of one call then has its line. */
  const edges = 10;

  it("at most 120 lines where nobody watches, names that flip included", async function () {
    this.timeout(300_000);
    for (const [certificate, cmdlet] of [
      ["v2", 0],
      ["v3", 0],
      ["v2", 3],
    ] as const) {
      const { ok, error, lines, minutes } = await rotate({ edges, certificate, watched: false, cmdlet });
      assert.ok(ok, error);
      console.log(`      figure: lines of 10 Edges, ${certificate}, ${cmdlet} s a cmdlet: ${lines.length} in ${Math.round(minutes)} min`);
      if (process.env.SHOW) console.log(lines.join("\n"));
      assert.ok(lines.length <= 120, lines.join("\n"));
      const early = lines.filter((line) => Number(/still running after (\d+) s/.exec(line)?.[1] ?? 300) < 300);
      assert.deepEqual(early, []);
      assert.deepEqual(
        lines.filter((line) => /… (0 s)?$/.test(line)),
        [],
        "a step has one line, at its end",
      );
      const sentences = lines.filter((line) => !/ \d+ s$/.test(line));
      assert.deepEqual(
        sentences.filter((line, index) => sentences.indexOf(line) !== index),
        [],
        "nothing comes twice",
      );
      for (let one = 1; one <= edges; one++) {
        assert.ok(
          lines.some((line) => line.startsWith(`[EDGE${String(one).padStart(2, "0")}] Ready: back in service`)),
          `EDGE ${one}`,
        );
      }
    }
  });
});
