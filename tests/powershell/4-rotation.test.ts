/**
 * The demo's rotation and both articles on the real Pulumi engine, through real sshd, with the shipped script in a real PowerShell on every
 * server, disturbed at changes: deployed, renewed, nothing more to do, no drift, destroyed.
 */
import { strict as assert } from "node:assert";
import { isNoOp, named, Story, type Observed } from "../support/engine";
import { COMPLETE, random, SEED } from "../support/agents/choice";
import { rotationFigure } from "../support/agents/figures";
import { disturb, KINDS, type Disturbance } from "../support/agents/disturbance";
import { TALES, type Tale } from "../support/agents/tales";
import { isOver } from "../support/faults/families";
import { leaveOut } from "../support/faults/report";
import { pwshMissing } from "../support/agents/stage";
import { passwordMissing, RealContoso } from "../support/interop/contoso";
import { skipUnless } from "../support/skip";

const missing = pwshMissing ?? passwordMissing;
/** A disturbed rotation has ended after so many runs. */
const RUNS = 5;

/** A scenario behind sshd and PowerShell, and a stack. */
class Real {
  private constructor(
    readonly contoso: RealContoso,
    readonly story: Story,
  ) {}

  static async open(scenario: string): Promise<Real> {
    const contoso = await RealContoso.open({ logon: "password", lab: { scenario, speed: 60 }, powershell: {} });
    return new Real(contoso, await Story.over(contoso.throughSshd()));
  }

  async close(): Promise<void> {
    this.story.stack.remove();
    await this.contoso.close();
  }

  /** Runs until one succeeds; every failed one says why with a code. */
  async finish(run: () => Promise<Observed>): Promise<number> {
    for (let count = 1; ; count++) {
      const result = await run();
      if (result.ok) return count;
      assert.match(result.output, /\[[A-Z_]{4,}\]/, result.output);
      assert.ok(count < RUNS, `not converged after ${count} runs:\n${result.output}`);
    }
  }
}

/** Disturbances of a tale: in npm test one of each kind in one rotation, or none; in the complete run all of them, three in a rotation. */
function disturbances({ name, changes, farChanges, undisturbed }: Tale): Disturbance[][] {
  if (undisturbed && !COMPLETE) return [[]];
  const byKind = KINDS.map((kind) => {
    const places = Array.from({ length: kind === "far end killed" ? farChanges : changes }, (_, index) => index + 1);
    return places.flatMap((at) => (["before", "after"] as const).map((when): Disturbance => ({ kind, at, when })));
  });
  if (!COMPLETE) return [byKind.map((all, index) => all[Math.floor(random(name + KINDS[index])() * all.length)])];
  const rounds = Math.max(...byKind.map((all) => all.length));
  return Array.from({ length: rounds }, (_, round) => byKind.flatMap((all) => all.slice(round, round + 1)));
}

skipUnless(missing === undefined, missing ?? "").describe("the rotation with a real PowerShell, a real engine and real sshd", () => {
  for (const tale of TALES) {
    const rounds = disturbances(tale);
    for (const [index, list] of rounds.entries()) {
      // npm run faults -- --grep "round 7 of 32" repeats one; a list can be done in pieces
      const round = COMPLETE ? `, round ${index + 1} of ${rounds.length}` : "";
      it(`${tale.name}${round}: through disturbances, to the end`, async function () {
        this.timeout(3_600_000);
        // npm run faults -- --minutes names what was left out, and fails
        if (isOver()) return leaveOut(tale.name, 1);
        console.log(`      ${tale.name}: seed ${SEED}: ${list.map(({ kind, at, when }) => `${kind} ${when} change ${at}`).join(", ")}`);
        await tell(tale, list);
      });
    }
  }
});

async function tell(tale: Tale, list: Disturbance[]): Promise<void> {
  const real = await Real.open(tale.scenario);
  const { story, contoso } = real;
  const { env, first, second, converged, close } = tale.begin(story);
  try {
    if (first) {
      const up = await story.up(first, { env });
      assert.ok(up.ok, up.output);
      assert.deepEqual(named(up.seen.mutating), tale.adopting, "the first deployment adopts");
    }
    const rotation = performance.now();
    const hits = disturb(contoso.stage!.door, list);
    const program = second();
    const runs = await real.finish(() => story.up(program, { env }));
    contoso.stage!.door.watch = undefined;
    console.log(`      ${hits.join(", ")}: converged in ${runs} runs`);
    assert.equal(hits.length, list.length, hits.join(", "));
    rotationFigure(tale.name, "real", rotation, runs);
    converged();

    const again = await story.up(program, { env, refresh: true });
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(named(again.seen.mutating), [], "nothing more to do, and no drift");
    const destroy = await story.destroy({ env });
    assert.ok(destroy.ok, destroy.output);
    for (const edge of tale.edges) assert.equal(story.server(edge).services.MSExchangeTransport, "Running", edge);
  } finally {
    close?.();
    await real.close();
  }
}
