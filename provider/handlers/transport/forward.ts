/** The verified end of a window without its resource: bind what is not bound, check the invariants, start, look at STARTTLS, close. */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint, listCertificates } from "../../exchange/certificates";
import { receiveNames } from "../../exchange/receiveConnectors";
import { findSubscription } from "../../exchange/subscriptions";
import { sameTlsCertificateName } from "../../pki";
import { SYNC_TIMEOUT } from "../subscription/inputs";
import { resubscriptionSteps } from "../subscription/resubscribe";
import { requireInvariants } from "./invariants";
import { competitorsStep } from "../../rotation/competitors";
import { drainStep, ensureDrained, QUEUE_TIMEOUT } from "../../rotation/drain";
import { runPlan, type Step } from "../../rotation/engine";
import { closeRotation } from "../../rotation/opening";
import type { LeasedShell } from "../../rotation/leasedShell";
import type { JournalState } from "../../rotation/journal";
import { verifiedStart } from "./start";
import { takeOutStep } from "./takeOut";
import type { Task } from "./task";

/** @throws INVARIANT_VIOLATED, LDAPS_WRONG_CERTIFICATE, STARTTLS_WRONG_CERTIFICATE, STARTTLS_NOT_OFFERED, SYNC_TIMEOUT */
export async function finishForward(task: Task, rebind: boolean): Promise<void> {
  const { ctx, host, session, organization, leased, journal, actor } = task;
  const current = await defaultThumbprint(leased);
  if (current === null) {
    throw new ExchangeError("INVARIANT_VIOLATED", `${session.facts.name} has no default certificate.`, {
      host: session.facts.name,
      hint: "Enable SMTP for a certificate in the Exchange Management Shell of the Edge, then run resume again.",
    });
  }
  const plan = { host: session.facts.name, journal, signal: ctx.signal, ensureDrained: () => ensureDrained(leased, journal, ctx.signal) };
  await runPlan({ ...plan, steps: await bindingSteps(task, current, rebind) });
  const state = journal.state!;
  await requireInvariants(host, session, organization, state, ctx);
  const steps: Step[] = [];
  const givenUp = state.targets.filter((one) => one !== current);
  if (givenUp.length > 0) steps.push(takeOutStep(task, givenUp, current));
  if (state.resumeOwed) steps.push(competitorsStep(leased, current, () => defaultThumbprint(leased), ctx.warn));
  if (state.resumeOwed || state.old.transport === "Running")
    steps.push(verifiedStart({ ...task, accepted: await alsoGood(leased, state) }, current));
  await runPlan({ ...plan, steps });
  const undone = current === state.old.defaultThumbprint && state.targets.some((one) => one !== current);
  await closeRotation(leased, organization, journal, actor, undone ? "undone" : "finished", ctx.signal);
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

/** Where an export was made in this window, its import, the mending and the synchronisation have to be proved. */
async function bindingSteps(task: Task, thumbprint: string, rebind: boolean): Promise<Step[]> {
  const { ctx, host, session, organization, leased, journal, actor } = task;
  const state = journal.state!;
  if (!organization || !state.old.subscribed || (!rebind && !state.exported)) return [];
  const site = state.site ?? (await findSubscription(organization, session.facts.name))?.site;
  if (!site)
    throw new ExchangeError("SUBSCRIPTION_MISSING", `${session.facts.name} has no Edge Subscription, and the journal names no site.`, {
      host: session.facts.name,
    });
  const steps = resubscriptionSteps({
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
  return rebind ? [drainStep(leased, journal, QUEUE_TIMEOUT, ctx.signal), ...steps] : steps;
}
