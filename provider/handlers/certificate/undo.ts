/**
 * A failure before the default changed takes the Edge back into service at once, also under `hold` (rotation.md 4): the new
 * certificate is taken out where it would disturb, transport resumes, the journal closes. What cannot be undone stays open.
 */
import { asExchangeError, isExchangeError } from "../../base/errors";
import { defaultThumbprint, inspectCertificate } from "../../exchange/certificates";
import type { LeasedShell } from "../../rotation/leasedShell";
import { START } from "../../rotation/journal";
import { closeRotation } from "../../rotation/opening";
import { BY_CMDLET, removeFromStore } from "../../rotation/removal";
import type { Actor } from "../../rotation/actor";
import type { HostSession } from "../../remote/sessions";
import { resumeStep, type Starting } from "../transport/start";
import type { Context } from "../types";

export interface Undo extends Starting {
  ctx: Pick<Context, "signal" | "warn">;
  organization: HostSession | null;
  actor: Actor;
  thumbprint: string;
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
  if (!state?.open || (await defaultThumbprint(leased)) !== state.old.defaultThumbprint) return false;
  if (!wasInstalled && state.old.defaultThumbprint && state.old.defaultThumbprint !== thumbprint) {
    await takeOut(leased, thumbprint, state.old.defaultThumbprint);
  }
  if (state.resumeOwed) {
    await journal.append({ type: "intent", step: START });
    await resumeStep(undo, thumbprint).run();
    ctx.warn(`${leased.facts.name} is back in service with its old certificate.`);
  }
  await closeRotation(leased, organization, journal, actor, "undone", ctx.signal);
  return true;
}

/** Removes the half-installed certificate: beside a same-name one it would break TLS (exchange.md 7.3). */
async function takeOut(leased: LeasedShell, thumbprint: string, keep: string): Promise<void> {
  if (!(await inspectCertificate(leased, thumbprint)).found) return;
  const removal = await removeFromStore(leased, thumbprint, [{ by: "drained", keep, default: keep }, BY_CMDLET]);
  if (!removal.gone) throw removal.refused;
}
