/**
 * Families 1 and 7 on the real engine: SIGKILL of the engine or of its provider process where it hurts most, then
 * `up --refresh`; and two engines at once on one Edge.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CAN_KILL, TestStack } from "../support/engine";
import { family, isFull, isOver } from "../support/faults/families";
import { checkEnd } from "../support/faults/checker";
import { checkRisingFences } from "../support/faults/checkHistory";
import { count, remark } from "../support/faults/report";
import { EngineStory, type KillPlace } from "../support/faults/realEngine";
import type { Violation } from "../support/faults/violations";
import { skipUnless } from "../support/skip";

const KILLS = "1 real engine killed";
const RACES = "7 two real engines at once";
const provider = (point: string): KillPlace => ({ kills: "provider", point: `EDGE01/${point}` });
const engine = (host: string, cmdlet: string, nth = 1): KillPlace => ({ kills: "engine", host, cmdlet, nth });

/** Out of service; another default; a new file that only one side knows; the old certificate gone, not yet in service. */
const OVERWRITE = [
  engine("EDGE01", "Stop-Service"),
  provider("enable.after-cmdlet"),
  engine("MBX01", "New-EdgeSubscription"),
  provider("predecessor.after-cmdlet"),
];
/** The subscription gone, with a connector; imported, connectors without their source; one of them made; in service, not yet said. */
const RECREATE = [
  engine("MBX01", "Remove-EdgeSubscription"),
  provider("import-subscription.after-cmdlet"),
  engine("MBX01", "New-SendConnector"),
  provider("start.after-cmdlet"),
];
const POSITIONS = ["before-intent", "after-intent", "after-cmdlet", "after-result"];
const STEPS = ["drain", "import", "enable", "export", "import-subscription", "sync", "predecessor", "start"];
const everywhere = (steps: string[]): KillPlace[] => steps.flatMap((step) => POSITIONS.map((position) => provider(`${step}.${position}`)));

skipUnless(CAN_KILL, "processes are found through /proc").describe("the real engine killed", function () {
  this.timeout(isFull() ? 0 : 300_000);
  family(KILLS);
  const all = { overwrite: OVERWRITE, recreate: RECREATE };
  for (const method of ["overwrite", "recreate"] as const) {
    describe(method, () => {
      let story: EngineStory;
      let turn = 0;
      before(async () => void (story = await EngineStory.start(method)));
      after(() => story.story.end());
      const places = isFull() ? [...all[method], ...everywhere(method === "recreate" ? [...STEPS, "mend"] : STEPS)] : all[method];
      for (const place of places) {
        it(`${place.kills} at ${place.kills === "provider" ? place.point : `${place.host} ${place.cmdlet}`}`, async function () {
          if (isOver()) return this.skip();
          const ending = await story.killed(place, ["v2", "v1"][turn++ % 2]);
          count(KILLS, ending);
          assert.deepEqual(ending.violations, []);
          assert.ok(ending.cleanRuns !== null, ending.output);
        });
      }
    });
  }
});

describe("two real engines at once", function () {
  this.timeout(300_000);
  family(RACES);
  let story: EngineStory;
  before(async () => void (story = await EngineStory.start("overwrite")));
  after(() => story.story.end());

  it("3 rounds of two stacks at random offsets: one winner each, fences rise", async () => {
    console.log("      engines at once: seed 31");
    const offsets = fc.sample(fc.noBias(fc.integer({ min: 0, max: 5_000 })), { seed: 31, numRuns: 3 });
    for (const [round, offset] of offsets.entries()) {
      const certificate = ["v2", "v1"][round % 2];
      const { violations, ends } = await race(await story.story.stack.sibling(`rival${round}`), certificate, offset);
      count(RACES, { violations, cleanRuns: 0 });
      remark(`two real engines, ${offset} ms apart: ${ends.join(" and ")}`);
      assert.deepEqual(violations, []);
    }
  });

  async function race(rival: TestStack, certificate: string, offset: number): Promise<{ violations: Violation[]; ends: string[] }> {
    const { lab } = story.story;
    const before = await story.look();
    const mark = lab.history.entries.length;
    const program = story.program(certificate);
    const later = new Promise((resolve) => setTimeout(resolve, offset)).then(() => rival.up(story.program(certificate)));
    const results = await Promise.all([story.story.stack.up(program), later]);
    const ends = results.map(({ ok, output }) => (ok ? "ok" : (/\[([A-Z_]+)\]/.exec(output)?.[1] ?? output)));
    const history = lab.history.entries.slice(mark);
    const violations = [...checkRisingFences(history)];
    if (!results[0].ok && !results[1].ok) violations.push({ invariant: "I7", text: `nobody won: ${ends.join()}` });
    const writers = new Set(history.filter((one) => one.mutating && one.host === "EDGE01").map(({ session }) => session));
    if (writers.size !== 1) violations.push({ invariant: "I7", text: `${writers.size} runs changed EDGE01` });
    for (const end of ends)
      if (!["ok", "LEASE_HELD", "ROTATION_OPEN", "OBJECT_CLAIMED"].includes(end)) violations.push({ invariant: "I9", text: end });
    violations.push(
      ...checkEnd(before, await story.look(), history, {
        edges: { EDGE01: story.story.thumbprint(certificate) },
        replaced: [story.story.thumbprint(certificate === "v1" ? "v2" : "v1")],
      }),
    );
    const gone = await rival.destroy();
    if (!gone.ok) violations.push({ invariant: "I9", text: gone.output });
    return { violations, ends };
  }
});
