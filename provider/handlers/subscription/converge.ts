/** The work on an Edge Subscription: proof that it synchronises, and where it does not, export and import. */
import { isExchangeError } from "../../base/errors";
import { defaultThumbprint } from "../../exchange/certificates";
import { readClaims, recordOf } from "../../rotation/claims";
import { ensureDrained, QUEUE_TIMEOUT } from "../../rotation/drain";
import { runPlan, type Step } from "../../rotation/engine";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { IMPORT, Journal } from "../../rotation/journal";
import { closeRotation, openRotation } from "../../rotation/opening";
import { actorOf, type Actor } from "../../rotation/actor";
import { claimStands, writeClaim, type Working } from "../lifecycle";
import { reclaimSite } from "../peers";
import type { Context } from "../types";
import { presentedNow, resumeStep } from "../../steps/start";
import { directoryStep } from "../../steps/directoryServices";
import { drainStep } from "../../steps/drain";
import { predecessorStep } from "../../steps/predecessor";
import { proofStep } from "../../steps/proof";
import { subscribeSteps } from "../../steps/subscribe";
import type { Subscribing } from "../../steps/tasks";
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
    reclaimSite: reclaimSite(ctx, actor, organization),
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
  const importedBefore = journal.state?.done.has(IMPORT) === true;
  try {
    await runSteps(run, task, journal);
  } catch (error) {
    if (!importedBefore || !isExchangeError(error, "SYNC_TIMEOUT")) throw error;
    // The import of an earlier run does not synchronise: export and import once more.
    await journal.append({ type: "intent", step: IMPORT });
    await runSteps(run, task, journal);
  }
  if (journal.state?.hold === false) await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
}

/** All of a window of its own is done but its end: an earlier run broke off there, or met a wrong certificate. */
async function finishOwn({ ctx, inputs, home: edge, facts: { organization }, actor, leased }: Run): Promise<void> {
  const journal = await Journal.load(leased, actor);
  const start = resumeStep({ ctx, host: inputs.edge, session: edge, leased, journal }, await ownDefault(leased, actor));
  const steps = [directoryStep(leased, journal), ...(journal.state?.resumeOwed ? [start] : [])];
  await runPlan({ host: edge.facts.name, steps, journal, signal: ctx.signal });
  await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
}

async function runSteps({ ctx, home: edge, inputs, leased }: Run, task: Subscribing, journal: Journal): Promise<void> {
  const drain: Step = drainStep(leased, journal, QUEUE_TIMEOUT, ctx.signal);
  const own = await ownDefault(leased, task.actor);
  const resumes = journal.state?.hold === false && journal.state.old.transport === "Running";
  const steps = [
    drain,
    ...subscribeSteps(task),
    ...(resumes && own ? [ownPredecessorStep(leased, own, ctx.warn)] : []),
    ...(resumes ? [resumeStep({ ctx, host: inputs.edge, session: edge, leased, journal }, own)] : []),
  ];
  await runPlan({
    host: edge.facts.name,
    steps,
    journal,
    signal: ctx.signal,
    closes: journal.state?.hold === false,
    ahead: () => gather(inputs, edge, task.organization),
    ensureDrained: () => ensureDrained(leased, journal, ctx.signal),
  });
}

/** The default, where this stack has it: STARTTLS may present it, as well as what it did before. Null else. */
async function ownDefault(leased: LeasedShell, actor: Actor): Promise<string | null> {
  const current = await defaultThumbprint(leased);
  const record = current === null ? null : recordOf(await readClaims(leased), "certificate", current);
  return Object.keys(record?.claims ?? {}).some((owner) => actorOf(owner).stack === actor.stack) ? current : null;
}

/** Somebody made the new default by hand, and `up` only binds it: in a window that is open anyway the predecessor of its name goes, too. */
function ownPredecessorStep(leased: LeasedShell, thumbprint: string, warn: Context["warn"]): Step {
  return predecessorStep(leased, thumbprint, () => defaultThumbprint(leased), warn, { sameName: true });
}
