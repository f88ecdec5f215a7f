/**
 * The way back: the old default, AD LDS and the binding, then into service. For a destroy in the middle of a rotation
 * (DESIGN 3, point 6) and for `resume`.
 */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint, enableServices, inspectCertificate } from "../../exchange/certificates";
import { findSubscription } from "../../exchange/subscriptions";
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import { rivalsStep } from "../../rotation/competitors";
import { drainStep, ensureDrained, QUEUE_TIMEOUT, startStep } from "../../rotation/drain";
import { runPlan, type Step } from "../../rotation/engine";
import type { Hand } from "../../rotation/hand";
import type { Journal } from "../../rotation/journal";
import { closeRotation } from "../../rotation/opening";
import { short } from "../../rotation/reasons";
import type { Who } from "../../rotation/who";
import type { Context } from "../types";
import { SYNC_TIMEOUT } from "../subscription/inputs";
import { resubscriptionSteps } from "../subscription/resubscribe";

export interface Restoration {
  ctx: Context;
  host: HostConnection;
  session: HostSession;
  organization: HostSession;
  hand: Hand;
  journal: Journal;
  who: Who;
}

/** @throws ROTATION_OPEN when the old certificate is gone */
export async function restoreOld(task: Restoration): Promise<void> {
  const { hand, journal, organization, who, ctx } = task;
  const state = journal.state!;
  const old = state.old.defaultThumbprint;
  const touched = old !== null && ((await defaultThumbprint(hand)) !== old || state.exported);
  if (touched) await requireUsable(hand, old);
  if (old && state.target !== old) await journal.append({ type: "target", target: old, owner: who.owner, hold: false });
  const steps: Step[] = [];
  if (touched) {
    steps.push(drainStep(hand, QUEUE_TIMEOUT, ctx.signal), defaultStep(hand, old));
    if (state.old.subscribed) steps.push(...(await bindingSteps(task, old)));
  }
  if (old && state.resumeOwed) steps.push(rivalsStep(hand, old, () => defaultThumbprint(hand), ctx.warn));
  if (state.resumeOwed || state.old.transport === "Running") steps.push(startStep(hand, journal));
  await runPlan({ host: hand.facts.name, steps, journal, signal: ctx.signal, ensureDrained: () => ensureDrained(hand) });
  await closeRotation(hand, organization, journal, who, "undone", ctx.signal);
}

async function requireUsable(hand: Hand, thumbprint: string): Promise<void> {
  const found = await inspectCertificate(hand, thumbprint);
  if (found.found && found.hasPrivateKey) return;
  const host = hand.facts.name;
  throw new ExchangeError(
    "ROTATION_OPEN",
    `${host}: a rotation is open and its old certificate ${thumbprint} is gone; the Edge cannot be put back.`,
    { host },
  );
}

function defaultStep(hand: Hand, thumbprint: string): Step {
  return {
    name: "enable",
    text: `make ${short(thumbprint)} the default again`,
    needsDrain: true,
    probe: async () => (await defaultThumbprint(hand)) === thumbprint,
    run: () => enableServices(hand, thumbprint, ["SMTP"], true),
  };
}

async function bindingSteps(task: Restoration, thumbprint: string): Promise<Step[]> {
  const { hand, host, session, organization, journal, who, ctx } = task;
  const site = journal.state!.site ?? (await findSubscription(organization, hand.facts.name))?.site;
  if (!site) return [];
  return resubscriptionSteps({
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
}
