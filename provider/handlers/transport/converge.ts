/** Create and update of a transport service: the verified end of every window. */
import { randomUUID } from "node:crypto";
import { isExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { defaultThumbprint } from "../../exchange/certificates";
import { findSubscription } from "../../exchange/subscriptions";
import { transportStatus } from "../../exchange/transport";
import type { HostSession } from "../../remote/sessions";
import { newClaim, readClaims, saveClaims, withClaim } from "../../rotation/claims";
import { gatherCompetitors } from "../../rotation/competitors";
import { healServices } from "../../rotation/directoryServices";
import { ensureDrained, startTransport } from "../../rotation/drain";
import { READY } from "../../rotation/conditions";
import { runPlan, type Step } from "../../rotation/engine";
import { failPoint } from "../../rotation/failpoints";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { Journal } from "../../rotation/journal";
import { closeRotation, refuseForeign } from "../../rotation/opening";
import { short } from "../../rotation/reasons";
import { closeSiteWindow, openSiteWindow } from "../../rotation/siteWindow";
import { actorOf, type Actor } from "../../rotation/actor";
import { starttlsLeaf, waitForLeaf } from "../../rotation/doors";
import { directoryStep } from "../../steps/directoryServices";
import { invariantsStep, requireConnectorNames } from "../../steps/invariants";
import { predecessorStep } from "../../steps/predecessor";
import { restartStep } from "../../steps/restart";
import { requireStarttls, START_TIMES, verifiedStart } from "../../steps/start";
import { partial, refuseOtherServer } from "../outcome";
import { refuseFirst } from "../refusals";
import type { Context } from "../types";
import type { TransportInputs } from "./inputs";
import { look, REFUSALS } from "./refusals";

export interface Former {
  fqdn: string;
  claim: string;
  revision: string;
  owner: string;
  unfinished: boolean;
}
export interface Run {
  ctx: Context;
  inputs: TransportInputs;
  session: HostSession;
  organization: HostSession | null;
  actor: Actor;
  claim: string;
  former: Former | null;
}
/** A look at a door that should answer at once. */
const LOOK_DEADLINE_MS = 10_000;

export async function converge(ctx: Context, inputs: TransportInputs, former: Former | null): Promise<{ id: string; outs: JsonObject }> {
  ctx.register(inputs.host);
  if (inputs.organization) ctx.register(inputs.organization);
  const session = await ctx.session(inputs.host);
  if (former) refuseOtherServer(session, former.fqdn);
  const actor = actorOf(inputs.owner);
  refuseForeign(await healServices(session, actor, ctx.signal), actor, session.facts.name);
  const organization = inputs.organization ? await ctx.session(inputs.organization) : null;
  const { journal } = await refuseFirst(REFUSALS, await look({ inputs, session, organization }));
  const run: Run = { ctx, inputs, session, organization, actor, claim: former?.claim ?? newClaim(), former };
  if (former && !former.unfinished && !journal?.open && former.owner === inputs.owner && (await isGood(run))) {
    return { id: session.facts.fqdn, outs: await outsOf(run, former.revision) };
  }
  const again = async (): Promise<unknown> => refuseFirst(REFUSALS, await look(run));
  return withLease(session, actor, (leased) => again().then(() => change(run, leased)), ctx.signal);
}

/** Running, the right leaf, the right connector names: nothing to do. */
async function isGood(run: Run): Promise<boolean> {
  const { session, inputs } = run;
  if ((await transportStatus(session)).status !== "Running") return false;
  await requireConnectorNames(session, inputs.expectConnectors, witness(run));
  return !inputs.expectThumbprint || isLeafGood(run);
}

/** A Mailbox server knows the organisation's connectors itself. */
function witness({ ctx, session, organization }: Run): { organization: HostSession | null; warn: Context["warn"] } {
  return { organization: organization ?? (session.facts.role === "Mailbox" ? session : null), warn: ctx.warn };
}

/** One look at STARTTLS, without waiting. */
async function isLeafGood({ inputs, session, ctx }: Run): Promise<boolean> {
  const { expectThumbprint: expected, host } = inputs;
  const leaf = await waitForLeaf(
    () => starttlsLeaf(host, session),
    () => true,
    0,
    ctx.signal,
  );
  return leaf === expected || (leaf !== null && (await isTolerated(session, expected!, leaf)));
}

async function change(run: Run, leased: LeasedShell): Promise<{ id: string; outs: JsonObject }> {
  const { session } = run;
  const revision = randomUUID();
  let touched = false;
  try {
    const journal = session.facts.role === "Edge" ? await Journal.load(leased, run.actor) : null;
    touched = journal?.isOpen === true;
    if (journal?.isOpen) await finishWindow(run, leased, journal);
    else await stand(run, leased, () => (touched = true));
    touched = true;
    await writeClaim(run, leased);
    failPoint(session.facts.name, "transport", "before-reply");
    return { id: session.facts.fqdn, outs: await outsOf(run, revision) };
  } catch (error) {
    if (!touched) throw error;
    const outs = await outsOf(run, revision).catch(() => echo(run, revision));
    throw partial(error, session.facts.fqdn, outs);
  }
}

/** No rotation is open: transport should run and present what is expected. */
async function stand(run: Run, leased: LeasedShell, touched: () => void): Promise<void> {
  const { inputs, session } = run;
  if ((await transportStatus(leased)).status !== "Running") {
    touched();
    await startTransport(leased);
    await requireLeaf(run, START_TIMES.starttlsMs);
  } else if (inputs.expectThumbprint) {
    await mendLeaf(run, leased, touched);
  }
  await requireConnectorNames(session, inputs.expectConnectors, witness(run));
}

/**
 * A wrong leaf while no rotation is open: a certificate of this owner that no connector needs any more still wins the choice
 * (a run on the way back ended between the flip and its restarts). It goes, and transport takes what is left. On a Mailbox
 * server, which has no window, transport may not have noticed a new certificate yet: a restart makes it certain (exchange.md 15.3).
 */
async function mendLeaf(run: Run, leased: LeasedShell, touched: () => void): Promise<void> {
  const { ctx, inputs, session } = run;
  const competitors = predecessorStep(leased, inputs.expectThumbprint!, () => defaultThumbprint(leased), ctx.warn);
  if (await isLeafGood(run)) return;
  if ((await competitors.probe()) && session.facts.role !== "Mailbox") return requireLeaf(run, LOOK_DEADLINE_MS);
  const steps = [competitors, restartStep(leased, () => requireLeaf(run, START_TIMES.starttlsMs))];
  const restart = async (): Promise<void> => {
    touched();
    await runPlan({ host: session.facts.name, steps, journal: null, signal: ctx.signal });
  };
  await (session.facts.role === "Edge" ? inSiteWindow(run, restart) : restart());
}

/** A restart is a window like any other: not while another Edge of the site is out of service. @throws EDGE_WINDOW_BUSY */
async function inSiteWindow({ ctx, session, organization, actor }: Run, work: () => Promise<void>): Promise<void> {
  const { name } = session.facts;
  const site = organization && (await findSubscription(organization, name))?.site;
  if (!organization || !site) return work();
  const under = (change: (leased: LeasedShell) => Promise<void>): Promise<void> => withLease(organization, actor, change, ctx.signal);
  await under((leased) => openSiteWindow(leased, site, name, actor));
  try {
    await work();
  } finally {
    // An Edge that did not come back keeps its site's window.
    const serves = await transportStatus(session).then(
      ({ status }) => status === "Running",
      () => false,
    );
    if (serves) await under((leased) => closeSiteWindow(leased, site, name));
  }
}

/** The end of a window: invariants, competitors out, start, leaf, close. */
async function finishWindow(run: Run, leased: LeasedShell, journal: Journal): Promise<void> {
  const { ctx, inputs, session, organization, actor } = run;
  const state = journal.state!;
  const current = (): Promise<string | null> => defaultThumbprint(leased);
  const named = (): Promise<void> => requireConnectorNames(session, inputs.expectConnectors, witness(run));
  const steps: Step[] = [directoryStep(leased, journal), invariantsStep({ ctx, host: inputs.host, session, organization, journal }, named)];
  if (inputs.expectThumbprint && state.resumeOwed) steps.push(predecessorStep(leased, inputs.expectThumbprint, current, ctx.warn));
  if (state.resumeOwed || state.old.transport === "Running") {
    steps.push(verifiedStart({ ctx, host: inputs.host, session, leased, journal }, inputs.expectThumbprint ?? null));
  } else ctx.warn(`${session.facts.name}: transport was ${state.old.transport} before the rotation and is left so.`);
  await runPlan({
    host: session.facts.name,
    steps,
    journal,
    signal: ctx.signal,
    ensureDrained: () => ensureDrained(leased, journal, ctx.signal),
  });
  await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
  if (state.old.transport === "Running")
    ctx.note(`[${session.facts.name}] ${readyWords(state.since, new Date(), inputs.expectThumbprint)}`);
}

/** The condition at the end of a window, for the one who watches: `Ready: back in service with BBBBBBBB…, the window lasted 42 s`. */
export function readyWords(since: string, now: Date, thumbprint: string | undefined): string {
  const seconds = Math.max(0, Math.round((now.getTime() - new Date(since).getTime()) / 1000));
  const lasted = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `${READY}: back in service${thumbprint ? ` with ${short(thumbprint)}` : ""}, the window lasted ${lasted}`;
}

async function requireLeaf({ inputs, session, ctx }: Run, deadlineMs: number): Promise<void> {
  if (inputs.expectThumbprint) await requireStarttls(inputs.host, session, inputs.expectThumbprint, deadlineMs, ctx.signal);
}

async function writeClaim({ inputs, session, claim, former }: Run, leased: LeasedShell): Promise<void> {
  const before = await readClaims(leased);
  const input = { kind: "transport" as const, name: session.facts.name, owner: inputs.owner, claim, made: false, previous: null };
  await saveClaims(leased, before, withClaim(before, { ...input, formerOwner: former?.owner }));
}

function echo({ inputs, session, claim }: Run, revision: string): JsonObject {
  return plain({
    ...(inputs as unknown as JsonObject),
    claim,
    revision,
    server: session.facts.fqdn,
    status: "Stopped",
    presentedThumbprint: null,
  });
}
async function outsOf(run: Run, revision: string): Promise<JsonObject> {
  return plain({ ...echo(run, revision), ...(await observe(run.session, run.inputs)), condition: READY });
}

/** `status`, `presentedThumbprint` and, until a connector has flipped, `toleratedThumbprint` as they are now. */
export async function observe(session: HostSession, inputs: TransportInputs): Promise<JsonObject> {
  const { status } = await transportStatus(session);
  const leaf = status === "Running" ? await starttlsLeaf(inputs.host, session).catch(unseen) : null;
  // What nobody could look at is no drift.
  if (leaf === undefined) return { status };
  const expected = inputs.expectThumbprint;
  const tolerated = leaf !== null && expected !== undefined && leaf !== expected && (await isTolerated(session, expected, leaf));
  return { status, presentedThumbprint: leaf, ...(tolerated ? { toleratedThumbprint: leaf } : {}) };
}

/** Undefined where an SSH server lets nobody look. */
function unseen(error: unknown): null | undefined {
  return isExchangeError(error, "FORWARDING_REFUSED") ? undefined : null;
}

/** Whether a connector still needs this other certificate, so that its leaf is accepted until the connector's name flips. */
async function isTolerated(session: HostSession, expected: string, leaf: string): Promise<boolean> {
  return (await gatherCompetitors(session, expected, await defaultThumbprint(session))).tolerated.includes(leaf);
}
