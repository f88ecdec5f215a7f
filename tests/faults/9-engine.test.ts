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
import { EngineStory, type Ending, type KillPlace } from "../support/faults/realEngine";
import type { Violation } from "../support/faults/violations";
import { skipUnless } from "../support/skip";

const KILLS = "1 real engine killed";
const RACES = "7 two real engines at once";
const ROUNDS = 3;
const SEED = 31;
/** How one round of two stacks went. */
interface Round {
  offset: number;
  ends: string[];
  violations: Violation[];
}
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

type Method = "overwrite" | "recreate";
const COMMIT = { overwrite: OVERWRITE, recreate: RECREATE };
const METHODS: readonly Method[] = ["overwrite", "recreate"];
const placesOf = (method: Method): KillPlace[] =>
  isFull() ? [...COMMIT[method], ...everywhere(method === "recreate" ? [...STEPS, "mend"] : STEPS)] : COMMIT[method];

/** One kill after the other, each method on an organisation of its own. */
class Kills {
  private readonly stories = new Map<Method, Promise<EngineStory>>();
  private readonly endings = new Map<KillPlace, Promise<Ending>>();
  private raced: Promise<Round[]> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  ending(method: Method, place: KillPlace): Promise<Ending> {
    const known = this.endings.get(place);
    if (known) return known;
    const certificate = ["v2", "v1"][placesOf(method).indexOf(place) % 2];
    const ending = this.last.then(async () => (await this.story(method)).killed(place, certificate));
    this.last = ending.catch(() => undefined);
    this.endings.set(place, ending);
    return ending;
  }

  /** Rounds of two stacks, when the kills are through. */
  rounds(): Promise<Round[]> {
    this.raced ??= this.last.then(race);
    this.last = this.raced.catch(() => undefined);
    return this.raced;
  }

  async end(method: Method): Promise<void> {
    await this.stories.get(method)?.then(({ story }) => story.end());
  }

  private story(method: Method): Promise<EngineStory> {
    const story = this.stories.get(method) ?? EngineStory.start(method);
    this.stories.set(method, story);
    return story;
  }
}
const kills = new Kills();

// The engine mostly waits for other programs: at commit size it works beside the pool, from the beginning of the whole suite.
before(() => {
  if (!CAN_KILL || isFull() || process.env.TESTS_FILTERED !== undefined) return;
  for (const method of METHODS) for (const place of COMMIT[method]) kills.ending(method, place).catch(() => undefined);
  kills.rounds().catch(() => undefined);
});

skipUnless(CAN_KILL, "processes are found through /proc").describe("the real engine killed", function () {
  this.timeout(isFull() ? 0 : 300_000);
  family(KILLS);
  for (const method of METHODS) {
    describe(method, () => {
      after(() => kills.end(method));
      for (const place of placesOf(method)) {
        it(`${place.kills} at ${place.kills === "provider" ? place.point : `${place.host} ${place.cmdlet}`}`, async function () {
          if (isOver()) return this.skip();
          const ending = await kills.ending(method, place);
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

  it(`${ROUNDS} rounds of two stacks at random offsets: one winner each, fences rise`, async () => {
    console.log(`      engines at once: seed ${SEED}`);
    for (const { offset, violations, ends } of await kills.rounds()) {
      count(RACES, { violations, cleanRuns: 0 });
      remark(`two real engines, ${offset} ms apart: ${ends.join(" and ")}`);
      assert.deepEqual(violations, []);
    }
  });
});

async function race(): Promise<Round[]> {
  const story = await EngineStory.start("overwrite");
  try {
    const rounds: Round[] = [];
    const offsets = fc.sample(fc.noBias(fc.integer({ min: 0, max: 5_000 })), { seed: SEED, numRuns: ROUNDS });
    for (const [round, offset] of offsets.entries()) {
      const rival = await story.story.stack.sibling(`rival${round}`);
      rounds.push({ offset, ...(await raceOnce(story, rival, ["v2", "v1"][round % 2], offset)) });
    }
    return rounds;
  } finally {
    await story.story.end();
  }
}

async function raceOnce(story: EngineStory, rival: TestStack, certificate: string, offset: number): Promise<Omit<Round, "offset">> {
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
