/** A case under way: runs that meet faults, clean runs after them, and what was wrong. It can go on from one moment more than once. */
import { createHash } from "node:crypto";
import { forgetSecrets } from "../../../provider/base/redact";
import { adopted } from "./adoption";
import { bugNamed } from "./bugs";
import type { Case, Fault, Outcome, RivalFault } from "./cases";
import { checkAlways, checkEnd, checkQuiet } from "./checker";
import { checkRisingFences } from "./checkHistory";
import { Engine, type RunResult, type State } from "./engine";
import { essence } from "./essence";
import { fleet } from "./fleet";
import { hooksOf } from "./hooks";
import { appearance, EACH_ALONE, knownEnding, rememberEnding } from "./known";
import { compare, expectation, outputsOf, stated, twin, undone } from "./judge";
import { checkPost, retry, sendMail } from "./mail";
import { OPERATOR_EDITS } from "./operatorEdits";
import { changesOf, codeOf, judgeRace, type Rival } from "./race";
import { program, type Shape } from "./programs";
import { Provider, takeLines, type Hooks } from "./provider";
import type { Snapshot } from "./snapshot";
import { beginAnew } from "./virtualTime";
import type { Expectation, Violation } from "./violations";
import { World, type LabState } from "./world";

export const CLEAN_RUNS = 2;
/** EdgeSync's refusal is shorter than in life, and its own runs are rarer: they cost time, and show nothing more. */
const LATENCIES = { edgeSyncTrustCache: 20, edgeSyncConfiguration: 900 };
/** A mail for every door and connector, each time that a run has made so many calls. */
const MAIL_EVERY = 40;

/** With as many Edges as the shape has, where several of them go side by side. */
export async function openWorld({ toggles, shape }: Partial<Pick<Case, "toggles" | "shape">> = {}): Promise<World> {
  beginAnew();
  const scenario = shape?.wide === undefined ? undefined : fleet([...(shape.edges ?? []), ...(shape.known ?? [])]);
  return World.open({ latencies: LATENCIES, toggles, scenario });
}

export async function runCase(spec: Case): Promise<Outcome> {
  const play = await Play.begin(spec);
  try {
    for (const faults of spec.attempts) await play.attempt(faults);
    return await play.conclude(spec.goal ?? spec.shape);
  } finally {
    play.world.close();
  }
}

/** What a play is besides its world, in plain data. */
interface Course {
  violations: Violation[];
  errors: string[];
  /** The last run was killed: the next one refreshes. */
  killed: boolean;
  /** The last run reached the rotation's end. */
  ok: boolean;
  /** Edges that a rival rotated. */
  others: string[];
}
/** A moment of a play. */
export interface Moment {
  world: Snapshot;
  at: number;
  state: State;
  course: Course;
}

export class Play {
  /** Whether a run more has to find nothing to do. An end that equals a faultless one's needs no such look every time. */
  looksAgain: "always" | "if new" | "never" = "always";
  private readonly plant: Hooks["plant"];
  private readonly before: LabState;
  private readonly mark: number;
  private readonly always: Expectation;
  private course: Course = { violations: [], errors: [], killed: false, ok: false, others: [] };
  private rivals: Promise<Rival>[] = [];
  /** The provider of the first run that met faults, and of the latest. */
  first?: Provider;
  latest?: Provider;

  static async begin(spec: Case): Promise<Play> {
    await twin(spec, spec.shape, () => openWorld({ shape: spec.shape }));
    const world = await openWorld(spec);
    takeLines();
    forgetSecrets();
    const plant = spec.plant === undefined ? undefined : bugNamed(spec.plant).plant;
    return new Play(world, spec, await adopted(world, spec.shape, plant));
  }

  private constructor(
    readonly world: World,
    readonly spec: Case,
    private engine: Engine,
  ) {
    this.plant = spec.plant === undefined ? undefined : bugNamed(spec.plant).plant;
    this.before = world.state();
    this.mark = world.entries.length;
    this.always = expectation(world, spec.shape);
    sendMail(world);
  }

  /** This moment, as it is or as a kill of the running provider would leave it. */
  save({ killed = false } = {}): Moment {
    const { violations, errors, ok, others } = this.course;
    const course = {
      violations: [...violations],
      errors: [...errors],
      others: [...others],
      killed: killed || this.course.killed,
      ok: ok && !killed,
    };
    return { ...this.world.save(), state: structuredClone(this.engine.state), course };
  }

  /** Goes on from a moment; `killed` ones end with what a killed run leaves behind. */
  load({ state, course, ...world }: Moment): void {
    this.world.load(world);
    this.engine = new Engine();
    this.engine.state = structuredClone(state);
    this.course = structuredClone(course);
  }

  /** One run of the rotation that meets these faults. */
  async attempt(faults: Fault[], taps: Pick<Hooks, "onPoint" | "onRequest" | "onReply"> = {}): Promise<boolean> {
    const { world, spec, course } = this;
    for (const one of faults) if (one.at === "lab") world.fault(one.fault);
    const hooks = hooksOf(world, faults, (fault) => this.startRival(fault));
    const provider = new Provider(world, {
      plant: this.plant,
      onPoint: (point) => (taps.onPoint?.(point), hooks.onPoint!(point)),
      onRequest: (sent, line) => {
        if (provider.requests.length % MAIL_EVERY === 0) sendMail(world);
        taps.onRequest?.(sent, line);
        return hooks.onRequest!(sent, line);
      },
      onReply: taps.onReply,
    });
    this.first ??= provider;
    this.latest = provider;
    const result = await this.engine.up(provider, program(world, spec.shape), { refresh: course.killed });
    course.killed = provider.dead;
    if (!course.killed) await provider.end();
    await this.settle(result);
    return result.ok;
  }

  /** The end of a run, whatever it was. */
  async settle(result: RunResult | null): Promise<void> {
    const { world, course } = this;
    world.faults.clear();
    course.ok = result?.ok ?? false;
    const rivals = await Promise.all(this.rivals.splice(0));
    await Promise.all(world.reboots);
    for (const rival of rivals) {
      course.errors.push(`rival: ${rival.result.ok ? "ok" : codeOf(rival.result)}`);
      if (rival.elsewhere && rival.result.ok) course.others.push(...rival.edges);
      if (course.killed || !result) continue;
      course.violations.push(...checkRisingFences(world.entries.slice(this.mark)));
      course.violations.push(...judgeRace({ result, changed: changesOf(this.latest!), elsewhere: false, edges: [] }, rival));
    }
    if (result?.error) course.errors.push(result.error.message);
    const now = world.state();
    const history = world.entries.slice(this.mark);
    course.violations.push(...(result ? stated(result, course.killed) : []), ...checkAlways(this.before, now, history, this.always));
    if (result && !result.ok && !course.killed) course.violations.push(...undone(result.error!, this.before, now));
    sendMail(world);
  }

  /** Clean runs with this program, and all that is wrong then; of a world that is known, what is known. */
  async conclude(goal: Shape): Promise<Outcome> {
    const { world, course } = this;
    world.setClocksRight();
    const { points = [], requests = [] } = this.first ?? {};
    const looks = this.spec.noQuiet ? "never" : this.looksAgain;
    const key = this.key(goal);
    const known = key === null ? undefined : knownEnding(key);
    if (known && (known.looked || looks !== "always")) {
      const { cleanRuns, end } = known;
      const [violations, errors] = [
        [...course.violations, ...known.violations],
        [...course.errors, ...known.errors],
      ];
      return { violations, cleanRuns, errors, points, requests, mails: world.mails, end, world: key, known: true };
    }
    const before = { violations: course.violations.length, errors: course.errors.length };
    const { violations, cleanRuns, end } = await this.ending(goal, looks !== "never");
    const own = { violations: violations.slice(before.violations), errors: course.errors.slice(before.errors) };
    if (key !== null) rememberEnding(key, { ...own, cleanRuns, end, looked: looks !== "never" && cleanRuns !== null });
    return { violations, cleanRuns, errors: course.errors, points, requests, mails: world.mails, end, world: key };
  }

  /** What decides how clean runs end; null: nobody's end but its own. */
  private key(goal: Shape): string | null {
    const { world, spec, course, engine } = this;
    if (EACH_ALONE || spec.alone) return null;
    const disturbed = spec.attempts.flat().some(({ at }) => at === "operator" || at === "rival");
    const about = [spec.shape, goal, spec.toggles, spec.plant, disturbed, [...world.edits], course.killed, course.ok, course.others];
    return appearance(world, engine.state, world.entries.slice(this.mark), about);
  }

  private async ending(goal: Shape, looks: boolean): Promise<Pick<Outcome, "violations" | "cleanRuns" | "end">> {
    const { world, spec, course } = this;
    const cleanRuns = await this.cleanRuns(goal);
    retry(world);
    world.organisation.advanceClock(3600);
    const after = world.state();
    const expected = expectation(world, { ...goal, edges: [...(goal.edges ?? ["EDGE01"]), ...course.others] });
    for (const one of world.edits) {
      for (const [name, changed] of Object.entries(OPERATOR_EDITS[one].changes))
        expected.connectors![name] = { ...expected.connectors![name], ...changed };
    }
    const all = { ...expected, texts: [...takeLines(), ...course.errors, JSON.stringify(outputsOf(this.engine))] };
    const history = world.entries.slice(this.mark);
    const violations = [...course.violations];
    if (cleanRuns === null) violations.push(...checkAlways(this.before, after, history, all));
    else
      violations.push(
        ...checkEnd(this.before, after, history, all),
        ...compare(await twin(spec, goal, () => openWorld({ shape: spec.shape })), after),
      );
    violations.push(...checkPost(world));
    if (cleanRuns !== null && looks) violations.push(...(await this.quiet(goal)));
    return { violations, cleanRuns, end: createHash("sha256").update(essence(after)).digest("hex") };
  }

  /** Another stack with the same wish, or the same one again: it finds the goal reached, or somebody at work. */
  private startRival({ edges = this.spec.shape.edges ?? ["EDGE01"], same = false }: RivalFault): void {
    const engine = same ? new Engine() : new Engine("rival/main");
    if (same) engine.state = structuredClone(this.engine.state);
    const provider = new Provider(this.world, { plant: this.plant });
    const compete = async (): Promise<Rival> => {
      const result = await engine.up(provider, program(this.world, { ...this.spec.shape, edges }));
      await provider.end();
      return { result, changed: changesOf(provider), edges, elsewhere: edges.join() !== (this.spec.shape.edges ?? ["EDGE01"]).join() };
    };
    this.rivals.push(compete());
  }

  private async cleanRuns(goal: Shape): Promise<number | null> {
    const { course, spec } = this;
    if (course.ok && goal === spec.shape) return 0;
    for (let run = 1; run <= CLEAN_RUNS; run++) {
      const provider = new Provider(this.world, { plant: this.plant });
      const result = await this.engine.up(provider, program(this.world, goal), { refresh: course.killed });
      course.killed = false;
      await provider.end();
      if (result.ok) return run;
      course.errors.push(`clean run ${run}: ${result.error!.message}`);
    }
    return null;
  }

  private async quiet(goal: Shape): Promise<Violation[]> {
    const mark = this.world.entries.length;
    const provider = new Provider(this.world, { plant: this.plant });
    const result = await this.engine.up(provider, program(this.world, goal));
    await provider.end();
    if (!result.ok) return [{ invariant: "I8", text: `a run after the end failed: ${result.error!.message}` }];
    return checkQuiet(this.world.entries.slice(mark));
  }
}
