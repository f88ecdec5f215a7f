/** Drift: what an operator changed of what a resource owns is shown by a refresh and mended by `up`; the rest stays as it is. */
import assert from "node:assert/strict";
import { CONNECTORS } from "../../support/drift/connectors";
import { SERVERS } from "../../support/drift/servers";
import type { Drift } from "../../support/drift/table";
import { Rig } from "../../support/stories/rig";

async function play(rig: Rig, { kind, name = kind, program, operator, shown, seen, foreign, anew }: Drift): Promise<void> {
  await rig.apply(program(rig));
  const [before, others] = [await seen(rig), foreign.seen(rig)];
  const outs = rig.outs(name);
  await operator(rig);
  await foreign.change(rig);
  const kept = foreign.seen(rig);
  assert.notDeepEqual(await seen(rig), before, "the operator changed it");
  assert.notDeepEqual(kept, others, "and something else");

  const read = await rig.read(name);
  if (shown) assert.notDeepEqual(read[shown], outs[shown], "a refresh shows it");
  else assert.deepEqual(read, {}, "a refresh drops the resource");
  const run = await rig.apply(program(rig), { refresh: true });
  assert.ok(run.operations.includes(`${shown ? "update" : "create"} ${name}`), run.operations.join());
  if (shown) assert.match(run.lines.join("\n"), /drift: /);

  assert.deepEqual(await seen(rig), before, "mended");
  assert.deepEqual(foreign.seen(rig), kept, "what is not its own stays");
  if (!anew) for (const one of ["id", shown ?? "revision"]) if (one === shown) assert.deepEqual((await rig.read(name))[one], outs[one]);
  const again = await rig.apply(program(rig), { refresh: true });
  assert.deepEqual([again.operations, again.mutating], [[], []], "nothing is left to do");
  assert.deepEqual(rig.leftovers(), []);
}

describe("drift", () => {
  for (const row of [...CONNECTORS, ...SERVERS]) {
    it(`${row.kind}: ${row.what}`, async () => {
      const rig = await Rig.start(row.options);
      try {
        await play(rig, row);
      } finally {
        await rig.close();
      }
    });
  }
});
