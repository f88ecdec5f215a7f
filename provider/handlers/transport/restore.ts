/**
 * Back to the old default: AD LDS and the binding follow, the certificate that is given up goes, and the end is the same verified
 * one as on the way forward. For a destroy in the middle of a rotation (rotation.md 6) and for `resume`.
 */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint, enableServices } from "../../exchange/certificates";
import { drainStep, ensureDrained, QUEUE_TIMEOUT } from "../../rotation/drain";
import { runPlan, type Step } from "../../rotation/engine";
import { short } from "../../rotation/reasons";
import { finishForward } from "./forward";
import type { Task } from "./task";

/** @throws RESTORE_IMPOSSIBLE without an old default; else as `finishForward` */
export async function restoreDefault(task: Task): Promise<void> {
  const { ctx, leased, journal } = task;
  const state = journal.state!;
  const host = leased.facts.name;
  const old = state.old.defaultThumbprint;
  if (old === null) throw new ExchangeError("RESTORE_IMPOSSIBLE", `${host}: the journal names no old default certificate.`, { host });
  // A new target: what was bound for the other certificate no longer counts as done. The owner stays who it was.
  if (state.target !== old)
    await journal.append({ type: "target", target: old, owner: state.owner, hold: state.hold, holders: state.holders });
  const steps = [drainStep(leased, journal, QUEUE_TIMEOUT, ctx.signal), defaultStep(task, old)];
  await runPlan({ host, steps, journal, signal: ctx.signal, ensureDrained: () => ensureDrained(leased, journal, ctx.signal) });
  await finishForward(task, true);
}

function defaultStep({ leased }: Task, thumbprint: string): Step {
  return {
    id: "restore-default",
    text: `make ${short(thumbprint)} the default again`,
    probe: async () => (await defaultThumbprint(leased)) === thumbprint,
    run: () => enableServices(leased, thumbprint, ["SMTP"], true),
  };
}
