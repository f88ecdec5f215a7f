/**
 * The step engine. Handlers contribute steps; only the engine runs them. A step's `probe` says whether it is already done, so
 * every plan can run again from its start; after `run` the probe is asked again, because unknown is not success.
 */
import { ExchangeError, asExchangeError } from "../base/errors";
import { withProgress } from "../base/progress";
import { failPoint } from "./failpoints";
import type { Journal } from "./journal";

export interface Step {
  /** Stable name: journal, fail points, tests. */
  name: string;
  /** What it does, for people: `restart AD LDS`. */
  text: string;
  /** The step must not meet a running transport service. */
  needsDrain?: boolean;
  /** Whether there is nothing left to do. */
  probe: () => Promise<boolean>;
  run: () => Promise<void>;
}

export interface Plan {
  /** Server name for progress lines. */
  host: string;
  steps: Step[];
  /** Where intents and results go; null on hosts that need none. */
  journal: Journal | null;
  /** Puts the drain back when something (a reboot) undid it; called before every step that needs it. */
  ensureDrained?: () => Promise<void>;
  signal: AbortSignal;
}

/** Runs the steps in order and returns the names of those that changed something. */
export async function runPlan(plan: Plan): Promise<string[]> {
  const changed: string[] = [];
  for (const [index, step] of plan.steps.entries()) {
    plan.signal.throwIfAborted();
    if (await runStep(plan, step, index + 1)) changed.push(step.name);
  }
  return changed;
}

async function runStep(plan: Plan, step: Step, number: number): Promise<boolean> {
  const { host, journal } = plan;
  failPoint(host, step.name, "before-intent");
  if (await step.probe()) {
    if (journal && !journal.state?.done.has(step.name)) await journal.append({ type: "result", step: step.name, outcome: "already" });
    return false;
  }
  if (step.needsDrain) await plan.ensureDrained?.();
  await journal?.append({ type: "intent", step: step.name });
  failPoint(host, step.name, "after-intent");
  try {
    await withProgress(`[${host} ${number}/${plan.steps.length}] ${step.text}`, () => attempt(step, host));
  } catch (error) {
    await noteFailure(journal, step, error);
    throw located(error, step);
  }
  failPoint(host, step.name, "after-cmdlet");
  await journal?.append({ type: "result", step: step.name, outcome: "done" });
  failPoint(host, step.name, "after-result");
  return true;
}

/** Runs a step and reads back; a lost reply is resolved by the same read, never by running again. */
async function attempt(step: Step, host: string): Promise<void> {
  let unknown: ExchangeError | null = null;
  try {
    await step.run();
  } catch (error) {
    const failure = asExchangeError(error);
    if (!failure.unknown) throw error;
    unknown = failure;
  }
  if (await step.probe()) return;
  if (unknown) throw unknown;
  throw new ExchangeError("READ_BACK_DIFFERS", `${host}: "${step.text}" ran, but reading back shows that it is not so.`, { host });
}

/** The same failure, knowing its step: the condition of the run names it. */
function located(error: unknown, step: Step): ExchangeError {
  const failure = asExchangeError(error);
  failure.details.step ??= step.name;
  return failure;
}

async function noteFailure(journal: Journal | null, step: Step, error: unknown): Promise<void> {
  const { code, unknown } = asExchangeError(error);
  // An unknown outcome leaves the intent open: the next run probes it.
  if (!journal || unknown) return;
  await journal.append({ type: "result", step: step.name, outcome: "failed", code }).catch(() => undefined);
}
