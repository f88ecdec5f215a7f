/**
 * The step engine. Callers contribute steps, the engine alone runs them, in the order of order.ts. A step's `probe` says whether it is
 * already done, so every plan can run again from its start; after `run` the probe is asked again, because unknown is not success.
 */
import { ExchangeError, asExchangeError } from "../base/errors";
import { LOOK_WORTH_A_LINE_MS, withProgress } from "../base/progress";
import { askingBehind } from "../remote/readings";
import { failPoint } from "./failpoints";
import { endLingering } from "./leasedShell";
import type { Journal } from "./journal";
import { inOrder, rowOf, type StepId } from "./order";

export interface Step {
  /** Key in order.ts, journal, fail points and conditions. */
  id: StepId;
  /** What it does, for people: `restart AD LDS`. */
  text: string;
  /** It changes nothing, so that no intent has to be there before it. */
  looks?: true;
  /** Its intent is written with the one of this step, where both are to be done: nothing is owed by it, and who finds it without a result probes. */
  intentWith?: StepId;
  /** Whether there is nothing left to do. */
  probe: () => Promise<boolean>;
  /** Asks what probe and run will ask, as far as answers stand: sent along with the last change of the step before, with its own intent, and with its own last change. */
  ahead?: () => Promise<unknown>;
  /** What the run needs of another server, a lease: asked for beside the intent, and never waited for any longer than it takes to ask. */
  beside?: () => Promise<unknown>;
  /** Makes the changes. The last one may be handed to `last`: its read-back, and what follows, goes along with it. */
  run: (last: Last) => Promise<void>;
}
/**
 * Makes a step's last change; `readBack`: what the step's probe will ask, where that is not what its `ahead` asks. Code that has no plan around it,
 * or no last change, takes `alone`.
 */
export type Last = <T>(change: () => Promise<T>, readBack?: () => Promise<unknown>) => Promise<T>;
export const alone: Last = (change) => change();

export interface Plan {
  /** Server name for progress lines. */
  host: string;
  /** In any order: order.ts has the one in which they run. */
  steps: readonly Step[];
  /** Where intents and results go; null on hosts that need none. */
  journal: Journal | null;
  /** A record on its way to the host that has to be there before the first change. */
  written?: Promise<unknown>;
  /** Puts the drain back when something (a reboot) undid it; called before every step that must not meet a running transport. */
  ensureDrained?: () => Promise<void>;
  /** What the caller asks once all is done, sent with the last read-back. */
  ahead?: () => Promise<unknown>;
  /** Whoever calls writes to the journal after the last step: the last results go with that. */
  closes?: boolean;
  /** The window goes on with another resource: the last results are on their way, and nobody waits for them. */
  goesOn?: boolean;
  signal: AbortSignal;
}

/** Runs the steps in the one order and returns the ids of those that changed something. */
export async function runPlan(plan: Plan): Promise<StepId[]> {
  const changed: StepId[] = [];
  const steps = inOrder(plan.steps);
  const run = { ...plan, intended: new Set<StepId>() };
  try {
    for (const [index, step] of steps.entries()) {
      plan.signal.throwIfAborted();
      if (await runStep(run, step, index + 1, steps.slice(index + 1))) changed.push(step.id);
    }
  } catch (error) {
    // Whoever says what is left reads it from the record.
    await plan.journal?.flush().catch(() => undefined);
    throw error;
  } finally {
    endLingering();
  }
  await plan.written;
  if (plan.goesOn) plan.journal?.leave();
  else if (plan.closes !== true) await plan.journal?.flush();
  return changed;
}

/** A plan on its way, and the steps whose intents are written. */
interface Running extends Plan {
  intended: Set<StepId>;
}

async function runStep(plan: Running, step: Step, number: number, following: readonly Step[]): Promise<boolean> {
  const { host, journal } = plan;
  failPoint(host, step.id, "before-intent");
  if (await step.probe()) {
    if (journal && !journal.state?.done.has(step.id)) journal.defer({ type: "result", step: step.id, outcome: "already" });
    return false;
  }
  askAhead(plan, [step, ...following]);
  await Promise.all([plan.written, rowOf(step.id).drained && plan.ensureDrained?.(), intend(plan, step, following), step.beside?.()]);
  failPoint(host, step.id, "after-intent");
  try {
    const label = `[${host} ${number}/${plan.steps.length}] ${step.text}`;
    await withProgress(label, () => attempt(plan, step, following), undefined, step.looks && LOOK_WORTH_A_LINE_MS);
  } catch (error) {
    await noteFailure(journal, step, error);
    throw located(error, step);
  }
  failPoint(host, step.id, "after-cmdlet");
  // With the next entry; without it the next run finds an intent alone, and probes.
  if (journal && !journal.state?.done.has(step.id)) journal.defer({ type: "result", step: step.id, outcome: "done" });
  failPoint(host, step.id, "after-result");
  return true;
}

/** The step's intent, durable before its change; along with it go those of later steps that allow it. */
async function intend({ journal, intended }: Running, step: Step, following: readonly Step[]): Promise<void> {
  if (!journal || step.looks || intended.has(step.id)) return;
  const steps = [step, ...following.filter(({ intentWith }) => intentWith === step.id)].map(({ id }) => id);
  await journal.append(...steps.map((id) => ({ type: "intent", step: id }) as const));
  for (const id of steps) intended.add(id);
}

/** Runs a step and reads back; a lost reply is resolved by the same read, never by running again. */
async function attempt(plan: Plan, step: Step, following: readonly Step[]): Promise<void> {
  let unknown: ExchangeError | null = null;
  const along = (readBack = step.ahead) => {
    ask({ ahead: readBack });
    askAhead(plan, following);
  };
  try {
    await step.run((change, readBack) => askingBehind(() => along(readBack), change));
  } catch (error) {
    const failure = asExchangeError(error);
    if (!failure.unknown) throw error;
    unknown = failure;
  }
  const done = step.probe();
  askAhead(plan, following);
  if (await done) return;
  if (unknown) throw unknown;
  throw new ExchangeError("READ_BACK_DIFFERS", `${plan.host}: "${step.text}" ran, but reading back shows that it is not so.`, {
    host: plan.host,
  });
}

/**
 * What the next steps will ask goes with the present question, up to the first that changes something: the answers stand until then
 * (remote/readings.ts).
 */
function askAhead(plan: Plan, following: readonly Step[]): void {
  const next = following.findIndex(({ id }) => rowOf(id).leaves !== undefined);
  const questions = next < 0 ? [...following, plan] : following.slice(0, next + 1);
  questions.forEach(ask);
}

function ask({ ahead }: Pick<Step, "ahead">): void {
  void ahead?.().catch(() => undefined);
}

/** The same failure, knowing its step: the condition of the run names it. */
function located(error: unknown, step: Step): ExchangeError {
  const failure = asExchangeError(error);
  failure.details.step ??= step.id;
  return failure;
}

async function noteFailure(journal: Journal | null, step: Step, error: unknown): Promise<void> {
  const { code, unknown } = asExchangeError(error);
  // An unknown outcome leaves the intent open: the next run probes it.
  if (!journal || unknown) return;
  await journal.append({ type: "result", step: step.id, outcome: "failed", code }).catch(() => undefined);
}
