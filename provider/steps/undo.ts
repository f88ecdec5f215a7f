/**
 * A failure before the default changed takes the Edge back into service at once, also under `hold` (rotation.md 4): the new
 * certificate is taken out where it would disturb, transport resumes, the journal closes. What cannot be undone stays open.
 */
import { asExchangeError, isExchangeError } from "../base/errors";
import { defaultThumbprint } from "../exchange/certificates";
import type { HostSession } from "../remote/sessions";
import type { Actor } from "../rotation/actor";
import { goBack } from "../rotation/back";
import type { Context } from "../rotation/context";
import { resumeStep, type Starting } from "./start";
import { halfInstalledStep } from "./takeOut";

export interface Undo extends Starting {
  ctx: Pick<Context, "signal" | "warn">;
  organization: HostSession | null;
  actor: Actor;
  /** What the rotation brought; null where it brought nothing yet. */
  thumbprint: string | null;
  wasInstalled: boolean;
}

/** Returns whether the Edge is in service again as it was. */
export async function undoUnlessDefault(undo: Undo): Promise<boolean> {
  try {
    return await attempt(undo);
  } catch (error) {
    if (isExchangeError(error, "CONNECTION_LOST", "LEASE_LOST", "FENCED")) return false;
    undo.ctx.warn(`${undo.leased.facts.name} stays out of service: ${asExchangeError(error).message}`);
    return false;
  }
}

async function attempt(undo: Undo): Promise<boolean> {
  const { ctx, leased, organization, journal, actor, thumbprint, wasInstalled } = undo;
  const state = journal.state;
  if (!state?.open) return false;
  const current = await defaultThumbprint(leased);
  if (current !== state.old.defaultThumbprint) return false;
  const brought = thumbprint !== null && !wasInstalled && current !== null && current !== thumbprint;
  const steps = [...(brought ? [halfInstalledStep(leased, thumbprint, current)] : []), resumeStep(undo, thumbprint)];
  await goBack({ way: "undo", current, leased, organization, journal, actor, signal: ctx.signal }, () => Promise.resolve(steps));
  if (state.resumeOwed) ctx.warn(`${leased.facts.name} is back in service with its old certificate.`);
  return true;
}
