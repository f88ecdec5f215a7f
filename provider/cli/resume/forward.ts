/** The verified end of a window by hand: bind what is not bound, check the invariants, start, look at STARTTLS, close. */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint } from "../../exchange/certificates";
import { findSubscription } from "../../exchange/subscriptions";
import { TRANSPORT, transportStatus } from "../../exchange/transport";
import { starttlsLeaf, waitForLeaf } from "../../handlers/doors";
import { SYNC_TIMEOUT } from "../../handlers/subscription/inputs";
import { resubscriptionSteps } from "../../handlers/subscription/resubscribe";
import { requireInvariants } from "../../handlers/transport/invariants";
import type { Restoration } from "../../handlers/transport/restore";
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import { gatherRivals, rivalsStep } from "../../rotation/competitors";
import { drainStep, ensureDrained, QUEUE_TIMEOUT, startTransport } from "../../rotation/drain";
import { runPlan, type Step } from "../../rotation/engine";
import { START } from "../../rotation/journal";
import { closeRotation } from "../../rotation/opening";
import { short } from "../../rotation/reasons";
import { takeOutStep } from "./takeOut";

export interface Task extends Omit<Restoration, "organization"> {
  organization: HostSession | null;
  /** Every certificate that the rotation set out to make the default. */
  targets: string[];
}

const STARTTLS_DEADLINE_MS = 90_000;

/** @throws INVARIANT_VIOLATED, LDAPS_WRONG_CERTIFICATE, STARTTLS_WRONG_CERTIFICATE, STARTTLS_NOT_OFFERED, SYNC_TIMEOUT */
export async function finishForward(task: Task, rebind: boolean): Promise<void> {
  const { ctx, host, session, organization, hand, journal, who } = task;
  const current = await defaultThumbprint(hand);
  if (current === null) {
    throw new ExchangeError("INVARIANT_VIOLATED", `${session.facts.name} has no default certificate.`, {
      host: session.facts.name,
      hint: "Enable SMTP for a certificate in the Exchange Management Shell of the Edge, then run resume again.",
    });
  }
  const plan = { host: session.facts.name, journal, signal: ctx.signal, ensureDrained: () => ensureDrained(hand) };
  await runPlan({ ...plan, steps: await bindingSteps(task, current, rebind) });
  const state = journal.state!;
  await requireInvariants(host, session, organization, state, ctx.signal);
  const steps: Step[] = [];
  steps.push(...task.targets.filter((one) => one !== current).map((one) => takeOutStep(task, one, current)));
  if (state.resumeOwed) steps.push(rivalsStep(hand, current, () => defaultThumbprint(hand), ctx.warn));
  if (state.resumeOwed || state.old.transport === "Running") steps.push(verifiedStart(task, current));
  await runPlan({ ...plan, steps });
  const undone = current === state.old.defaultThumbprint && task.targets.some((one) => one !== current);
  await closeRotation(hand, organization, journal, who, undone ? "undone" : "finished", ctx.signal);
}

/** Where an export was made in this window, its import, the mending and the synchronisation have to be proved. */
async function bindingSteps(task: Task, thumbprint: string, rebind: boolean): Promise<Step[]> {
  const { ctx, host, session, organization, hand, journal, who } = task;
  const state = journal.state!;
  if (!organization || !state.old.subscribed || (!rebind && !state.exported)) return [];
  const site = state.site ?? (await findSubscription(organization, session.facts.name))?.site;
  if (!site)
    throw new ExchangeError("SUBSCRIPTION_MISSING", `${session.facts.name} has no Edge Subscription, and the journal names no site.`, {
      host: session.facts.name,
    });
  const steps = resubscriptionSteps({
    edge: hand,
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
    who,
    signal: ctx.signal,
  });
  return rebind ? [drainStep(hand, QUEUE_TIMEOUT, ctx.signal), ...steps] : steps;
}

/** Start and look are one step: a wrong certificate suspends transport again, and the start stays owed. */
function verifiedStart({ ctx, host, session, hand, journal }: Task, current: string): Step {
  return {
    name: START,
    text: `start ${TRANSPORT} and look at STARTTLS`,
    probe: async () => journal.state?.resumeOwed === false && (await transportStatus(hand)).status === "Running",
    run: async () => {
      await startTransport(hand);
      try {
        await requireStarttls(host, session, current, ctx.signal);
      } catch (error) {
        await hand.request("service.suspend", { name: TRANSPORT });
        throw error;
      }
      await journal.append({ type: "result", step: START, outcome: "done" });
    },
  };
}

/** The default, or one that a connector still needs (its name flips later). @throws STARTTLS_WRONG_CERTIFICATE, STARTTLS_NOT_OFFERED */
async function requireStarttls(host: HostConnection, session: HostSession, expected: string, signal: AbortSignal): Promise<string> {
  const { tolerated } = await gatherRivals(session, expected, await defaultThumbprint(session));
  const fits = (leaf: string | null): boolean => leaf !== null && [expected, ...tolerated].includes(leaf);
  const leaf = await waitForLeaf(() => starttlsLeaf(host, session), fits, STARTTLS_DEADLINE_MS, signal);
  if (leaf !== null && fits(leaf)) return leaf;
  const name = session.facts.name;
  if (leaf === null)
    throw new ExchangeError("STARTTLS_NOT_OFFERED", `${name}: transport offers no STARTTLS; ${short(expected)} was expected.`, {
      host: name,
    });
  throw new ExchangeError("STARTTLS_WRONG_CERTIFICATE", `${name}: transport presents ${leaf} at STARTTLS, not ${expected}.`, {
    host: name,
  });
}
