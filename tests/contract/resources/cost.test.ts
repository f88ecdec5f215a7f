/** What a renewal costs, counted on a clock that jumps: gates that only get tighter. */
import assert from "node:assert/strict";
import path from "node:path";
import { askApart } from "../../support/apart";
import type { CostOrder, Costs } from "../../support/faults/costs";

/** In a process of its own: its clock is not ours. */
const costs = (order: CostOrder): Promise<Costs> => askApart(path.join(__dirname, "../../support/faults/costs.js"), order);

/** What is true now. */
const GATES = { requests: 135, turns: 38, window: 19, repeated: 8, kilobytes: 114, refresh: 2, slope: 0.5 };

describe("what a renewal costs an Edge", function () {
  this.timeout(300_000);
  const figure = (what: string, value: number): void => console.log(`      figure: ${what}: ${value}`);
  let two: Costs;
  before(async () => {
    two = await costs({ edges: 2 });
    assert.equal(two.error, undefined);
    if (process.env.SHOW) console.log(two.lines.join("\n"));
  });

  it("requests, and turns that wait for each other, its window's among them", () => {
    const { requests, turns, changes } = two.edge;
    figure("requests an Edge", requests);
    figure("turns an Edge", turns);
    figure("turns inside the window", two.window);
    assert.equal(changes, 11, "what it is for");
    assert.ok(requests <= GATES.requests && turns <= GATES.turns && two.window <= GATES.window, JSON.stringify(two.edge));
  });

  it("reads that are asked again though nothing was changed in between", () => {
    figure("reads repeated", two.edge.repeated);
    assert.ok(two.edge.repeated <= GATES.repeated, two.lines.filter((line) => line.includes(" = ")).join("\n"));
  });

  it("turns of a refresh", () => {
    figure("turns of a refresh", two.refresh.turns);
    assert.equal(two.refresh.changes, 0);
    assert.ok(two.refresh.turns <= GATES.refresh, String(two.refresh.turns));
  });

  it("bytes, which hardly grow with the fleet", async () => {
    figure("kB an Edge, two Edges", Math.round(two.edge.bytes / 1000));
    assert.ok(two.edge.bytes <= GATES.kilobytes * 1000, String(two.edge.bytes));
    const [few, many] = [await costs({ edges: 10, own: 2 }), await costs({ edges: 20, own: 2 })];
    assert.deepEqual([few.error, many.error], [undefined, undefined]);
    const slope = (many.edge.bytes - few.edge.bytes) / 10 / 1000;
    figure("kB an Edge more for each further Edge with two connectors of its own", slope);
    assert.ok(slope <= GATES.slope, String(slope));
    assert.equal(many.edge.turns, two.edge.turns, "turns do not grow with the fleet");
  });
});
