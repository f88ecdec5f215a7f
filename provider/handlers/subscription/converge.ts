/** The work on an Edge Subscription: proof that it synchronises, and where it does not, export and import. */
import { isExchangeError } from "../../base/errors";
import { defaultThumbprint } from "../../exchange/certificates";
import { claimRecord } from "../../rotation/claimFiles";
import { ensureDrained, QUEUE_TIMEOUT } from "../../rotation/drain";
import { runPlan, type Step } from "../../rotation/engine";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { awaitsSync, IMPORT, isImported, Journal } from "../../rotation/journal";
import { closeRotation, openRotation } from "../../rotation/opening";
import { actorOf, type Actor } from "../../rotation/actor";
import { fellowsOf } from "../fellows";
import { claimStands, writeClaim, type Working } from "../lifecycle";
import type { Context } from "../types";
import { presentedNow, resumeStep } from "../../steps/start";
import { directoryStep } from "../../steps/directoryServices";
import { drainStep } from "../../steps/drain";
import { lateSteps } from "../../steps/lateSync";
import { predecessorStep } from "../../steps/predecessor";
import { proofStep } from "../../steps/proof";
import { behind, replicaStep } from "../../steps/replica";
import { subscribeSteps } from "../../steps/subscribe";
import { syncStep } from "../../steps/sync";
import type { Subscribing } from "../../steps/tasks";
import { whyBeforeStart } from "./afterStart";
import { gather, lostConnectors } from "./gather";
import type { SubscriptionInputs } from "./inputs";
import { refuseShared, type Facts } from "./refusals";

type Run = Working<SubscriptionInputs, Facts>;

export async function work(run: Run): Promise<void> {
  const { now, need, organization } = run.facts;
  run.touch();
  // The claim of an organisation-wide object lies on the organisation's host.
  const object = { kind: "subscription" as const, name: run.home.facts.name, made: now.subscription === null, previous: null };
  if (!(await claimStands(run, organization, object)))
    await withLease(organization, run.actor, (leased) => writeClaim(run, leased, object), run.ctx.signal);
  if (need === "subscribe" || (need === "proof" && !(await proved(run)))) await subscribe(run);
  else if (now.journal?.open && !now.journal.hold) await finishOwn(run);
}

/** Whether a forced synchronisation succeeds as things are. */
async function proved({ ctx, inputs, home: edge, facts: { organization }, actor }: Run): Promise<boolean> {
  const { signal } = ctx;
  const steps = [proofStep({ organization, edge, actor, syncTimeout: inputs.syncTimeout, signal })];
  try {
    await runPlan({ host: edge.facts.name, steps, journal: null, signal });
    return true;
  } catch (error) {
    if (!isExchangeError(error, "SYNC_TIMEOUT")) throw error;
    ctx.note(`[${edge.facts.name}] ${error.sentence} Subscribing again.`);
    return false;
  }
}

async function subscribe(run: Run): Promise<void> {
  const { ctx, inputs, home: edge, actor, leased, facts } = run;
  const { now, organization } = facts;
  await refuseShared(facts);
  const thumbprint = now.defaultThumbprint ?? "";
  const old = { defaultThumbprint: now.defaultThumbprint, ldapsThumbprint: now.leaf };
  const journal = await openRotation({
    edge: leased,
    organization,
    actor,
    target: now.journal?.open ? now.journal.target : thumbprint,
    hold: null,
    site: inputs.site,
    old,
    presented: () => presentedNow(inputs.edge, edge),
    lost: await lostConnectors(inputs, now, edge),
    fellows: fellowsOf({ ctx, actor, organization, host: inputs.edge, edge: edge.facts.name }),
    signal: ctx.signal,
  });
  const task: Subscribing = {
    edge: leased,
    edgeHost: inputs.edge,
    edgeSession: edge,
    organization,
    site: inputs.site,
    thumbprint,
    method: inputs.method,
    createInternet: inputs.createInternetSendConnector,
    createInbound: inputs.createInboundSendConnector,
    syncTimeout: inputs.syncTimeout,
    journal,
    actor,
    signal: ctx.signal,
  };
  if (awaitsSync(journal.state)) await synchroniseServing(run, task, journal);
  else await runAgain(run, task, journal, await isLate(run, journal));
  if (journal.state?.hold === false) await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
}

/** An earlier run broke off while the Edge served: nothing of what is left calls for another drain. */
async function synchroniseServing(run: Run, task: Subscribing, journal: Journal): Promise<void> {
  const { ctx, home: edge } = run;
  const closes = journal.state?.hold === false;
  try {
    await runPlan({ host: edge.facts.name, steps: lateSteps(task), journal, signal: ctx.signal, closes });
  } catch (error) {
    if (!isExchangeError(error, "SYNC_TIMEOUT")) throw error;
    await journal.append({ type: "intent", step: IMPORT });
    await runSteps(run, task, journal, false);
  }
}

async function runAgain(run: Run, task: Subscribing, journal: Journal, late: boolean): Promise<void> {
  const importedBefore = journal.state?.done.has(IMPORT) === true;
  try {
    await runSteps(run, task, journal, late);
  } catch (error) {
    if (!importedBefore || !isExchangeError(error, "SYNC_TIMEOUT")) throw error;
    // The import of an earlier run does not synchronise: export and import once more.
    await journal.append({ type: "intent", step: IMPORT });
    await runSteps(run, task, journal, false);
  }
}

/** Whether EdgeSync is waited for after the start. What speaks against it only now, with the Edge out of service, costs the time alone. */
async function isLate({ ctx, inputs, home, facts }: Run, { state }: Journal): Promise<boolean> {
  if (inputs.synchronise !== "afterStart" || state?.old.transport !== "Running") return false;
  if (state.syncOwed !== null) return true;
  const why = facts.need === "proof" ? "EdgeSync failed before it was subscribed again" : await whyBeforeStart(facts);
  if (why === null) return true;
  ctx.warn(`${home.facts.name}: EdgeSync is waited for before the start, although synchronise is "afterStart": ${why}.`);
  return false;
}

/** All of a window of its own is done but its end: an earlier run broke off there, or met a wrong certificate. */
async function finishOwn({ ctx, inputs, home: edge, facts: { organization }, actor, leased }: Run): Promise<void> {
  const journal = await Journal.load(leased, actor);
  const start = resumeStep({ ctx, host: inputs.edge, session: edge, leased, journal }, await ownDefault(leased, actor));
  const steps = [directoryStep(leased, journal), ...(journal.state?.resumeOwed ? [start] : [])];
  await runPlan({ host: edge.facts.name, steps, journal, signal: ctx.signal });
  await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
}

async function runSteps(run: Run, task: Subscribing, journal: Journal, late: boolean): Promise<void> {
  const { ctx, inputs, leased } = run;
  const own = await ownDefault(leased, task.actor);
  const ends = journal.state?.hold === false;
  const resumes = ends && journal.state?.old.transport === "Running";
  // Once all is bound nothing is left that must not meet a running transport: a start whose end nobody recorded is no reason to drain again.
  const isBound = late && isImported(journal.state);
  const drain = isBound ? [] : [drainStep(leased, journal, QUEUE_TIMEOUT, ctx.signal)];
  const binding = [...drain, ...subscribeSteps(task, { late })];
  const end = [
    ...(resumes && own ? [ownPredecessorStep(leased, own, ctx.warn)] : []),
    ...(resumes ? [resumeStep({ ctx, host: inputs.edge, session: run.home, leased, journal }, own)] : []),
  ];
  if (!late) return runOn(run, task, journal, [...binding, ...end]);
  await runOn(run, task, journal, binding);
  const lacks = await behind(task);
  if (lacks.length > 0) {
    // It sends by its replica.
    ctx.warn(`${run.home.facts.name}: its replica lacks ${lacks.join(", ")}: EdgeSync is waited for before the start.`);
    return runOn(run, task, journal, [syncStep(task), replicaStep(task), ...end]);
  }
  if (ends) return runOn(run, task, journal, [...end, ...lateSteps(task)]);
  journal.defer({ type: "owes", step: "sync", seconds: task.syncTimeout });
  await journal.flush();
}

async function runOn({ ctx, home: edge, inputs, leased }: Run, task: Subscribing, journal: Journal, steps: Step[]): Promise<void> {
  await runPlan({
    host: edge.facts.name,
    steps,
    journal,
    signal: ctx.signal,
    closes: journal.state?.hold === false || !steps.some(({ id }) => id === "sync"),
    goesOn: journal.state?.hold === true && steps.some(({ id }) => id === "sync"),
    ahead: () => gather(inputs, edge, task.organization),
    ensureDrained: () => ensureDrained(leased, journal, ctx.signal),
  });
}

/** The default, where this stack has it: STARTTLS may present it, as well as what it did before. Null else. */
async function ownDefault(leased: LeasedShell, actor: Actor): Promise<string | null> {
  const current = await defaultThumbprint(leased);
  const record = current === null ? null : await claimRecord(leased, { kind: "certificate", name: current });
  return Object.keys(record?.claims ?? {}).some((owner) => actorOf(owner).stack === actor.stack) ? current : null;
}

/** Somebody made the new default by hand, and `up` only binds it: in a window that is open anyway the predecessor of its name goes, too. */
function ownPredecessorStep(leased: LeasedShell, thumbprint: string, warn: Context["warn"]): Step {
  return predecessorStep(leased, thumbprint, () => defaultThumbprint(leased), warn, { sameName: true });
}
