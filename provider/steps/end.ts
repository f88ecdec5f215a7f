/**
 * The end of a window that has no `TransportService`: certificates that would be taken instead of the declared one go (a predecessor
 * of the same name; on the way back a newer one, rotation.md 2 and 4), then transport starts and STARTTLS is looked at.
 */
import { defaultThumbprint } from "../exchange/certificates";
import type { Step } from "../rotation/engine";
import { resumeStep, type Starting } from "./start";
import { invariantsStep } from "./invariants";
import { owedSync } from "./lateSync";
import { predecessorStep } from "./predecessor";
import type { Actor } from "../rotation/actor";
import type { HostSession } from "../remote/sessions";
import type { Context } from "../rotation/context";

export interface End {
  steps: Step[];
  /** Whether the predecessor may be gone: then the new certificate must not be taken out again. */
  committed: () => boolean;
}
interface Ending extends Starting {
  ctx: Pick<Context, "signal" | "warn">;
  organization: HostSession | null;
  actor: Actor;
}

export function endOfWindow(ending: Ending, thumbprint: string, { smtp, drains }: { smtp: boolean; drains: boolean }): End {
  const { ctx, leased, journal } = ending;
  const { state } = journal;
  const competitors = predecessorStep(leased, thumbprint, () => defaultThumbprint(leased), ctx.warn);
  let committed = false;
  const run: Step["run"] = async (changed) => {
    committed = true;
    await competitors.run(changed);
  };
  const drained = drains || state?.resumeOwed === true;
  const out = drained && smtp ? [{ ...competitors, run }] : [];
  const start = state?.old.transport === "Running" ? [resumeStep(ending, thumbprint)] : [];
  // A held window may have had a subscription in it: what a TransportService would check before its start.
  const checks = state?.everHeld ? [invariantsStep(ending)] : [];
  const { organization, actor } = ending;
  const late = owedSync(state, { organization, edge: leased, actor, signal: ctx.signal });
  return { steps: [...checks, ...out, ...start, ...late], committed: () => committed };
}
