/** Create and update of an Edge Subscription. */
import { randomUUID } from "node:crypto";
import { isExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { defaultThumbprint } from "../../exchange/certificates";
import type { HostSession } from "../../remote/sessions";
import { newClaim, readClaims, recordOf, saveClaims, withClaim } from "../../rotation/claims";
import { ensureDrained, QUEUE_TIMEOUT } from "../../rotation/drain";
import { healServices } from "../../rotation/directoryServices";
import { READY } from "../../rotation/conditions";
import { runPlan, type Step } from "../../rotation/engine";
import { failPoint } from "../../rotation/failpoints";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { IMPORT, Journal } from "../../rotation/journal";
import { closeRotation, openRotation, refuseForeign } from "../../rotation/opening";
import { actorOf, type Actor } from "../../rotation/actor";
import { reclaimSite } from "../peers";
import { partial, refuseOtherServer, requireRole } from "../outcome";
import type { Context } from "../types";
import { presentedNow, resumeStep } from "../../steps/start";
import { directoryStep } from "../../steps/directoryServices";
import { drainStep } from "../../steps/drain";
import { predecessorStep } from "../../steps/predecessor";
import { proofStep } from "../../steps/proof";
import { subscribeSteps } from "../../steps/subscribe";
import type { Subscribing } from "../../steps/tasks";
import { refuseFirst } from "../refusals";
import { boundThumbprint, gather, lostConnectors, type Gathered } from "./gather";
import type { SubscriptionInputs } from "./inputs";
import { look, REFUSALS, refuseShared, type Facts } from "./refusals";

export interface Former {
  fqdn: string;
  claim: string;
  revision: string;
  owner: string;
  unfinished: boolean;
  organizationChanged: boolean;
}
interface Run {
  ctx: Context;
  inputs: SubscriptionInputs;
  edge: HostSession;
  organization: HostSession;
  actor: Actor;
  former: Former | null;
  claim: string;
}

export async function converge(ctx: Context, inputs: SubscriptionInputs, former: Former | null): Promise<{ id: string; outs: JsonObject }> {
  ctx.register(inputs.edge);
  ctx.register(inputs.organization);
  const [edge, organization] = await Promise.all([ctx.session(inputs.edge), ctx.session(inputs.organization)]);
  requireRole(edge, "Edge", "edge");
  requireRole(organization, "Mailbox", "organization");
  if (former) refuseOtherServer(edge, former.fqdn);
  const actor = actorOf(inputs.owner);
  const run: Run = { ctx, inputs, edge, organization, actor, former, claim: former?.claim ?? newClaim() };
  refuseForeign(await healServices(edge, actor, ctx.signal), actor, edge.facts.name);
  const { now, need } = await lookFirst(run);
  if (former && !former.unfinished && need === "nothing" && !now.journal?.open && former.owner === inputs.owner) {
    return finish(run, now, former.revision);
  }
  return withLease(edge, actor, (leased) => change(run, leased), ctx.signal);
}

/** Before the lease and again under it: another run may have worked in between. */
async function lookFirst({ inputs, edge, organization, former }: Run): Promise<Facts> {
  return refuseFirst(REFUSALS, await look({ inputs, edge, organization }, former?.organizationChanged ?? false));
}

async function change(run: Run, leased: LeasedShell): Promise<{ id: string; outs: JsonObject }> {
  const { inputs, edge, organization, claim } = run;
  const facts = await lookFirst(run);
  const { now, need } = facts;
  try {
    await writeClaim(run, now);
    if (need === "subscribe" || (need === "proof" && !(await proved(run)))) await subscribe(run, leased, facts);
    else if (now.journal?.open && !now.journal.hold) await finishOwn(run, leased);
    failPoint(edge.facts.name, "subscription", "before-reply");
    return finish(run, await gather(inputs, edge, organization), randomUUID());
  } catch (error) {
    const known = await gather(inputs, edge, organization).catch(() => now);
    throw partial(error, edge.facts.name, { ...outsOf(run, known), claim, revision: randomUUID() });
  }
}

/** The claim of an organisation-wide object lies on the organisation's host. */
async function writeClaim({ inputs, organization, edge, actor, claim, former, ctx }: Run, now: Gathered): Promise<void> {
  await withLease(
    organization,
    actor,
    async (leased) => {
      const before = await readClaims(leased);
      const input = { kind: "subscription" as const, name: edge.facts.name, owner: inputs.owner, claim, made: now.subscription === null };
      await saveClaims(leased, before, withClaim(before, { ...input, previous: null, formerOwner: former?.owner }));
    },
    ctx.signal,
  );
}

/** Whether a forced synchronisation succeeds as things are. */
async function proved({ ctx, inputs, edge, organization, actor }: Run): Promise<boolean> {
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

async function subscribe(run: Run, leased: LeasedShell, facts: Facts): Promise<void> {
  const { ctx, inputs, edge, organization, actor } = run;
  const { now } = facts;
  await refuseShared(facts);
  const thumbprint = now.defaultThumbprint ?? "";
  const starttlsThumbprint = now.journal?.open ? null : await presentedNow(inputs.edge, edge);
  const old = { defaultThumbprint: now.defaultThumbprint, ldapsThumbprint: now.leaf, starttlsThumbprint };
  const journal = await openRotation({
    edge: leased,
    organization,
    actor,
    target: now.journal?.open ? now.journal.target : thumbprint,
    hold: null,
    site: inputs.site,
    old,
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
    await runSteps(run, task, journal, leased);
  } catch (error) {
    if (!importedBefore || !isExchangeError(error, "SYNC_TIMEOUT")) throw error;
    // The import of an earlier run does not synchronise: export and import once more.
    await journal.append({ type: "intent", step: IMPORT });
    await runSteps(run, task, journal, leased);
  }
  if (journal.state?.hold === false) await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
}

/** All of a window of its own is done but its end: an earlier run broke off there, or met a wrong certificate. */
async function finishOwn({ ctx, inputs, edge, organization, actor }: Run, leased: LeasedShell): Promise<void> {
  const journal = await Journal.load(leased, actor);
  const start = resumeStep({ ctx, host: inputs.edge, session: edge, leased, journal }, await ownDefault(leased, actor));
  const steps = [directoryStep(leased, journal), ...(journal.state?.resumeOwed ? [start] : [])];
  await runPlan({ host: edge.facts.name, steps, journal, signal: ctx.signal });
  await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
}

async function runSteps({ ctx, edge, inputs }: Run, task: Subscribing, journal: Journal, leased: LeasedShell): Promise<void> {
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

function finish(run: Run, now: Gathered, revision: string): { id: string; outs: JsonObject } {
  return { id: run.edge.facts.name, outs: plain({ ...outsOf(run, now), claim: run.claim, revision, condition: READY }) };
}
function outsOf({ inputs, edge }: Run, now: Gathered): JsonObject {
  return plain({ ...(inputs as unknown as JsonObject), ...observed(edge, now) });
}

/** Outputs that the servers decide. */
export function observed(edge: HostSession, now: Gathered): JsonObject {
  return {
    edgeName: edge.facts.name,
    // What nobody could look at is no drift.
    ...(now.blind ? {} : { boundThumbprint: boundThumbprint(now) }),
    syncStatus: now.sync?.status ?? "Unknown",
    lastSynchronized: now.sync?.lastSynchronized ? now.sync.lastSynchronized.replace(/\.\d+Z$/, "Z") : null,
    server: edge.facts.fqdn,
  };
}
