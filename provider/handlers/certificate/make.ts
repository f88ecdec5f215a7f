/**
 * A certificate that the host makes. An authority is asked before the window, since one that denies or lets wait must cost no outage; a
 * self-signed one is made inside, since transport must not run with two certificates of one name (exchange.md 7.3).
 */
import { asExchangeError } from "../../base/errors";
import { ensureDrained, QUEUE_TIMEOUT } from "../../rotation/drain";
import { runPlan } from "../../rotation/engine";
import { Journal } from "../../rotation/journal";
import type { LeasedShell } from "../../rotation/leasedShell";
import { drainStep } from "../../steps/drain";
import { makeStep } from "../../steps/make";
import { requestStep } from "../../steps/request";
import { undoUnlessDefault } from "../../steps/undo";
import { markOf } from "../ids";
import type { AdcsSource, SelfSignedSource } from "./inputs";
import type { Subject } from "./source";
import { obtain } from "./authority";
import { halfMade } from "./subject";
import { openWindow, type Opening } from "./window";
import { needsDrain, type Work } from "./work";

interface Making extends Opening {
  leased: LeasedShell;
  claim: string;
  work: Work;
  /** Whether what goes on behind the making has begun to change something: it has an undo of its own. */
  isTouched(): boolean;
}

/** Makes it and goes on with `then`; what fails until then puts an Edge back into service that was drained for it. */
export async function makeInside<T>(making: Making, then: (subject: Subject) => Promise<T>): Promise<T> {
  const { source } = making.inputs;
  return "adcs" in source ? then(await request(making, source)) : makeSelfSigned(making, source as SelfSignedSource, then);
}

async function request({ ctx, inputs, leased, claim }: Making, source: AdcsSource): Promise<Subject> {
  const { step, answer } = requestStep(source.adcs.ca, () => obtain({ ctx, inputs, source, leased, claim }));
  await runPlan({ host: leased.facts.name, steps: [step], journal: null, signal: ctx.signal });
  return answer()!;
}

async function makeSelfSigned<T>(making: Making, { selfSigned }: SelfSignedSource, then: (subject: Subject) => Promise<T>): Promise<T> {
  const { ctx, inputs, leased, now, work } = making;
  const { signal } = ctx;
  const wanted = { ...selfSigned, friendlyName: markOf(inputs), exportable: inputs.exportable };
  const { step, made } = makeStep(leased, wanted, async () => (await halfMade(inputs, leased))?.certificate ?? null);
  const journal = needsDrain(inputs, now, work) ? await openWindow(making, leased, now.defaultThumbprint, null) : null;
  const drained = journal && {
    steps: [drainStep(leased, journal, inputs.queueTimeout ?? QUEUE_TIMEOUT, signal), step],
    ensureDrained: () => ensureDrained(leased, journal, signal),
  };
  try {
    await runPlan({ host: leased.facts.name, steps: [step], journal, signal, ...drained });
    return await then({ certificate: made()!, chain: [], privateKey: null, made: true });
  } catch (error) {
    if (!journal || making.isTouched()) throw error;
    throw await putBack(making, made()?.thumbprint ?? null, error);
  }
}

/** The same failure, knowing whether the Edge serves again. The journal is read anew: what went on behind the making has written it, too. */
async function putBack(making: Making, thumbprint: string | null, error: unknown): Promise<unknown> {
  const { ctx, inputs, session, organization, leased, actor } = making;
  const journal = await Journal.load(leased, actor).catch(() => null);
  if (!journal?.isOpen) return error;
  const failure = asExchangeError(error);
  const undoing = { ctx, host: inputs.host, session, leased, journal, organization, actor, thumbprint, wasInstalled: false };
  failure.details.undone = await undoUnlessDefault(undoing);
  return failure;
}
