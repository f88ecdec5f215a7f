/**
 * The rotation on the real Pulumi engine, through real sshd, with the shipped script in a real PowerShell on every server, disturbed at
 * changes.
 */
import { strict as assert } from "node:assert";
import { fleet, named, OFFICE, Story, type Observed } from "../support/engine";
import { COMPLETE, random, SEED } from "../support/agents/choice";
import { disturb, KINDS, type Disturbance } from "../support/agents/disturbance";
import { pwshMissing } from "../support/agents/stage";
import { passwordMissing, RealContoso } from "../support/interop/contoso";
import { skipUnless } from "../support/skip";

const missing = pwshMissing ?? passwordMissing;
/** Changes of the demo's rotation, at least. */
const CHANGES = 16;
const FAR_CHANGES = 4;
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

  /** Every Edge has the certificate at every door, and transport runs. */
  converged(edges: string[], thumbprint: string): void {
    for (const name of edges) {
      const { defaultThumbprint, transportThumbprint, ldapsThumbprint, services } = this.story.server(name);
      assert.deepEqual([defaultThumbprint, transportThumbprint, ldapsThumbprint], [thumbprint, thumbprint, thumbprint], name);
      assert.equal(services.MSExchangeTransport, "Running", name);
    }
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

function disturbances(): Disturbance[] {
  const all = KINDS.flatMap((kind) => {
    const changes = Array.from({ length: kind === "far end killed" ? FAR_CHANGES : CHANGES }, (_, index) => index + 1);
    return changes.flatMap((at) => (["before", "after"] as const).map((when) => ({ kind, at, when })));
  });
  if (COMPLETE) return all;
  // one of each kind, in one rotation
  return KINDS.map((kind) => {
    const own = all.filter((one) => one.kind === kind);
    return own[Math.floor(random(kind)() * own.length)];
  });
}

skipUnless(missing === undefined, missing ?? "").describe("the rotation with a real PowerShell, a real engine and real sshd", () => {
  it("adopts, and rotates through disturbances at changes", async function () {
    this.timeout(COMPLETE ? 0 : 1_800_000);
    const list = disturbances();
    console.log(`      disturbances: seed ${SEED}: ${list.map(({ kind, at, when }) => `${kind} ${when} change ${at}`).join(", ")}`);
    // in npm test one rotation bears them all; in the complete run each has its own
    for (const group of COMPLETE ? list.map((one) => [one]) : [list]) await rotate(group);
  });
});

async function rotate(list: Disturbance[]): Promise<void> {
  const real = await Real.open("contoso");
  const { story, contoso } = real;
  try {
    const program = (certificate: string) => fleet(story.lab, { certificate });
    const first = await story.up(program("v1"));
    assert.ok(first.ok, first.output);
    assert.deepEqual(named(first.seen.mutating), [], "the first deployment adopts");

    const rotation = Date.now();
    const hits = disturb(contoso.stage!.door, list);
    const runs = await real.finish(() => story.up(program("v2")));
    contoso.stage!.door.watch = undefined;
    console.log(`      ${hits.join(", ")}: converged in ${runs} runs`);
    assert.equal(hits.length, list.length, hits.join(", "));
    console.log(`      figure: rotation with the real agent: ${((Date.now() - rotation) / 1000).toFixed(1)} s in ${runs} runs`);
    real.converged(["EDGE01", "EDGE02"], story.thumbprint("v2"));
    assert.equal(story.connector(OFFICE).TlsCertificateName, story.tlsName("v2"));
  } finally {
    await real.close();
  }
}
