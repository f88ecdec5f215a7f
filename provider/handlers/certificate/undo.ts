/**
 * A failure before the default changed takes the Edge back into service at once, also under `hold` (DESIGN 3, point 4): the new
 * certificate is taken out where it would disturb, transport resumes, the journal closes. What cannot be undone stays open.
 */
import { asExchangeError, isExchangeError } from "../../base/errors";
import { defaultThumbprint, inspectCertificate, removeCertificate } from "../../exchange/certificates";
import type { Hand } from "../../rotation/hand";
import { START } from "../../rotation/journal";
import { closeRotation } from "../../rotation/opening";
import type { Who } from "../../rotation/who";
import type { HostSession } from "../../remote/sessions";
import { resumeStep, type Starting } from "../transport/start";
import type { Context } from "../types";

export interface Undo extends Starting {
  ctx: Pick<Context, "signal" | "warn">;
  organization: HostSession | null;
  who: Who;
  thumbprint: string;
  wasInstalled: boolean;
}

/** Returns whether the Edge is in service again as it was. */
export async function undoUnlessDefault(undo: Undo): Promise<boolean> {
  try {
    return await attempt(undo);
  } catch (error) {
    if (isExchangeError(error, "CONNECTION_LOST", "LEASE_LOST", "FENCED")) return false;
    undo.ctx.warn(`${undo.hand.facts.name} stays out of service: ${asExchangeError(error).message}`);
    return false;
  }
}

async function attempt(undo: Undo): Promise<boolean> {
  const { ctx, hand, organization, journal, who, thumbprint, wasInstalled } = undo;
  const state = journal.state;
  if (!state?.open || (await defaultThumbprint(hand)) !== state.old.defaultThumbprint) return false;
  if (!wasInstalled && state.old.defaultThumbprint && state.old.defaultThumbprint !== thumbprint) {
    await takeOut(hand, thumbprint, state.old.defaultThumbprint);
  }
  if (state.resumeOwed) {
    await journal.append({ type: "intent", step: START });
    await resumeStep(undo, thumbprint).run();
    ctx.warn(`${hand.facts.name} is back in service with its old certificate.`);
  }
  await closeRotation(hand, organization, journal, who, "undone", ctx.signal);
  return true;
}

/** Removes the half-installed certificate: beside a same-name one it would break TLS (exchange.md 7.3). */
async function takeOut(hand: Hand, thumbprint: string, keep: string): Promise<void> {
  if (!(await inspectCertificate(hand, thumbprint)).found) return;
  try {
    await hand.request("certificate.remove", { thumbprint, keep, default: keep });
  } catch (error) {
    if (!isExchangeError(error, "AGENT_REFUSED")) throw error;
    await removeCertificate(hand, thumbprint);
  }
}
