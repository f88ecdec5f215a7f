/**
 * An Edge goes back into service without its resource: for a delete in the middle of a rotation (rotation.md 6), for `resume`, and for the
 * next Edge of a site. Which steps and which target, rotation/back.ts decides.
 */
import { ExchangeError } from "../base/errors";
import { defaultThumbprint, inspectCertificate, listCertificates } from "../exchange/certificates";
import { receiveNames } from "../exchange/receiveConnectors";
import { findSubscription } from "../exchange/subscriptions";
import { transportStatus } from "../exchange/transport";
import { sameTlsCertificateName } from "../pki";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { actorOf } from "../rotation/actor";
import { goBack, wayBack, type Route, type Way } from "../rotation/back";
import type { Context } from "../rotation/context";
import { QUEUE_TIMEOUT } from "../rotation/drain";
import { runPlan, type Step } from "../rotation/engine";
import { awaitsSync, Journal, type JournalState } from "../rotation/journal";
import { withLease, type LeasedShell } from "../rotation/leasedShell";
import { short } from "../rotation/reasons";
import { openJournal, readSituation } from "../rotation/situation";
import { directoryStep } from "./directoryServices";
import { drainStep } from "./drain";
import { SYNC_TIMEOUT } from "./edgeSync";
import { invariantsStep } from "./invariants";
import { predecessorStep } from "./predecessor";
import { restoreDefaultStep } from "./restoreDefault";
import { verifiedStart } from "./start";
import { subscribeSteps } from "./subscribe";
import { takeOutStep } from "./takeOut";
import type { InWindow } from "./tasks";

/**
 * @throws INVARIANT_VIOLATED, LDAPS_WRONG_CERTIFICATE, STARTTLS_WRONG_CERTIFICATE, STARTTLS_NOT_OFFERED, SYNC_TIMEOUT, and
 * RESTORE_IMPOSSIBLE without an old default
 */
async function goBackBy(way: Way, task: InWindow): Promise<void> {
  const { ctx, leased, organization, journal, actor } = task;
  const current = await defaultThumbprint(leased);
  await goBack({ way, current, leased, organization, journal, actor, signal: ctx.signal }, (route) => stepsBack(task, route));
}

/** All that a way back may need. */
async function stepsBack(task: InWindow, { target, givenUp, ids }: Route): Promise<Step[]> {
  const { ctx, leased, journal } = task;
  const accepted = (): Promise<string[]> => alsoGood(leased, journal.state!);
  return [
    drainStep(leased, journal, QUEUE_TIMEOUT, ctx.signal),
    restoreDefaultStep(leased, target),
    ...(ids.has("export") ? await bindingSteps(task, target) : [directoryStep(leased, journal)]),
    invariantsStep(task),
    takeOutStep(task, givenUp, target),
    predecessorStep(leased, target, () => defaultThumbprint(leased), ctx.warn),
    verifiedStart({ ...task, accepted }, target),
  ];
}

/**
 * What was presented before the window, as where connectors use another certificate than the default. And what a receive connector
 * still names: its own resource would have flipped it.
 */
async function alsoGood(leased: LeasedShell, { old }: JournalState): Promise<string[]> {
  const [names, installed] = await Promise.all([receiveNames(leased), listCertificates(leased)]);
  const before = old.starttlsThumbprint ? [old.starttlsThumbprint] : [];
  const named = installed
    .filter((one) => names.some((name) => sameTlsCertificateName(name, one.tlsCertificateName)))
    .map((one) => one.thumbprint);
  return [...before, ...named];
}

async function bindingSteps(task: InWindow, thumbprint: string): Promise<Step[]> {
  const { ctx, host, session, leased, journal, actor } = task;
  const organization = task.organization!;
  const site = journal.state!.site ?? (await findSubscription(organization, session.facts.name))?.site;
  if (!site)
    throw new ExchangeError("SUBSCRIPTION_MISSING", `${session.facts.name} has no Edge Subscription, and the journal names no site.`, {
      host: session.facts.name,
    });
  return subscribeSteps({
    edge: leased,
    edgeHost: host,
    edgeSession: session,
    organization,
    site,
    thumbprint,
    method: "overwrite",
    createInternet: false,
    createInbound: false,
    syncTimeout: SYNC_TIMEOUT,
    journal,
    actor,
    signal: ctx.signal,
  });
}

export type TakeBack = Omit<InWindow, "leased" | "journal">;

/**
 * Back into service under the Edge's lease: everything is read again, because another run may have worked since the first look. `begins`
 * is asked then, too: false leaves the Edge as it is.
 * Returns what to tell. @throws LEASE_HELD, and whatever a step may fail with: the journal then stays open
 */
export function takeBack(task: TakeBack, begins: () => boolean = () => true): Promise<string[]> {
  const work = async (leased: LeasedShell): Promise<string[]> => (begins() ? underLease(task, leased) : []);
  return withLease(task.session, task.actor, work, task.ctx.signal);
}

async function underLease(task: TakeBack, leased: LeasedShell): Promise<string[]> {
  const { ctx, host, session, organization, actor } = task;
  const { name } = session.facts;
  const open = await openJournal(leased);
  if (open?.state.stack !== actor.stack) return [`${name}: the rotation was closed meanwhile; it is left as it is.`];
  const journal = await Journal.load(leased, actor);
  // without AD LDS's dependants not even reading works
  await runPlan({ host: name, steps: [directoryStep(leased, journal)], journal, signal: ctx.signal });
  const way = wayBack(await readSituation(host, session, organization, open, ctx.now));
  await goBackBy(way, { ...task, leased, journal });
  return [await outcome(session)];
}

async function outcome(session: HostSession): Promise<string> {
  const [{ status }, current] = await Promise.all([transportStatus(session), defaultThumbprint(session)]);
  return `${session.facts.name}: transport is ${status}, the default is ${current === null ? "missing" : short(current)}, the rotation is closed.`;
}

/** The resource that is deleted. */
export interface Owner {
  host: HostConnection;
  organization?: HostConnection;
  owner: string;
}

/**
 * A delete in the middle of a rotation: the old default, AD LDS and the binding come back, then transport.
 * @throws ROTATION_OPEN when the old certificate is gone
 */
export async function putBack(ctx: Context, inputs: Owner, session: HostSession, leased: LeasedShell, journal: Journal): Promise<void> {
  const host = session.facts.name;
  const state = journal.state!;
  const old = state.old.defaultThumbprint;
  const changed = (await defaultThumbprint(leased)) !== old || state.exported;
  if (!inputs.organization) {
    throw new ExchangeError("ROTATION_OPEN", `${host}: a rotation is open and no organization is known to put it back.`, { host });
  }
  const isGone = changed && (old === null || !(await isUsable(leased, old)));
  // It serves with all bound but EdgeSync's proof: then the way back is on.
  const serves = awaitsSync(state);
  if (isGone && !serves) {
    throw new ExchangeError(
      "ROTATION_OPEN",
      `${host}: a rotation is open and its old certificate ${old ?? ""} is gone; the Edge cannot be put back.`,
      { host },
    );
  }
  const organization = await ctx.session(inputs.organization, { preferRegistered: true });
  const task = { ctx, host: inputs.host, session, organization, leased, journal, actor: actorOf(inputs.owner) };
  await goBackBy(changed && !isGone ? "restore" : "forward", task);
}

async function isUsable(leased: LeasedShell, thumbprint: string): Promise<boolean> {
  const found = await inspectCertificate(leased, thumbprint);
  return found.found && found.hasPrivateKey === true;
}
