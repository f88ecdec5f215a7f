/** Drift: what an operator changed of what a resource owns is shown by a refresh and mended by `up`; the rest stays as it is. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CONNECTORS } from "../../support/drift/connectors";
import { AUTH, CERTIFICATES, REQUEST } from "../../support/drift/servers";
import { SUBSCRIPTIONS, TRANSPORT } from "../../support/drift/services";
import type { Drift } from "../../support/drift/table";
import { handlers } from "../../../provider/handlers";
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
  if (!anew && shown) assert.deepEqual((await rig.read(name))[shown], outs[shown]);
  const again = await rig.apply(program(rig), { refresh: true });
  assert.deepEqual([again.operations, again.mutating], [[], []], "nothing is left to do");
  assert.deepEqual(rig.leftovers(), []);
}

const ROWS = [...CONNECTORS, ...CERTIFICATES, REQUEST, AUTH, ...SUBSCRIPTIONS, ...TRANSPORT];

describe("drift", () => {
  it("docs/drift.md has every row of this table, and no other", () => {
    const text = readFileSync(join(__dirname, "../../../../docs/drift.md"), "utf8");
    const listed = [...text.matchAll(/^\| (\w+) \| ([^|]+) \| /gm)].map(([, kind, what]) => `${kind}: ${what}`);
    assert.deepEqual(
      listed.filter((one) => !one.startsWith("Resource:")),
      ROWS.map(({ kind, what }) => `${kind}: ${what}`),
    );
  });

  it("every resource has a row", () => {
    assert.deepEqual([...new Set(ROWS.map(({ kind }) => kind))].sort(), Object.keys(handlers).sort());
  });

  for (const row of ROWS) {
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
