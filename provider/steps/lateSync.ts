/**
 * `late-sync`, `late-replica`: with `synchronise: "afterStart"` EdgeSync's refusal is waited for while the Edge serves. The window of its
 * site stays open until then, so that the next Edge waits, too.
 */
import { ExchangeError, isExchangeError } from "../base/errors";
import type { HostSession } from "../remote/sessions";
import type { Step } from "../rotation/engine";
import type { JournalState } from "../rotation/journal";
import { replicaStep } from "./replica";
import { syncStep } from "./sync";
import type { Synchronising } from "./tasks";

/** The two steps, in place of `sync` and `replica`. */
export function lateSteps(task: Synchronising): Step[] {
  const sync = syncStep(task);
  const replica = replicaStep(task);
  const text = `force EdgeSync while ${task.edge.facts.name} serves, and wait (it may refuse for 5 minutes)`;
  const run: Step["run"] = async (last) => {
    try {
      await sync.run(last);
    } catch (error) {
      throw serving(error, task);
    }
  };
  return [
    { ...sync, id: "late-sync", text, run },
    // Asked after the synchronisation: what its replica shows before is none of its result.
    { ...replica, id: "late-replica", ahead: undefined },
  ];
}

/** What a window that somebody else ends owes of it. */
export function owedSync(
  state: JournalState | null,
  { organization, ...task }: Omit<Synchronising, "organization" | "syncTimeout"> & { organization: HostSession | null },
): Step[] {
  const syncTimeout = state?.syncOwed ?? null;
  return syncTimeout === null || organization === null ? [] : lateSteps({ ...task, organization, syncTimeout });
}

/** The same failure, saying what serves. */
function serving(error: unknown, { edge, organization }: Synchronising): unknown {
  if (!isExchangeError(error, "SYNC_TIMEOUT")) return error;
  const { name } = edge.facts;
  const hint = `${name} is in service with its new certificate, and no other Edge of its site has begun. See \`npx pulumi-exchange doctor\`, then run \`pulumi up --refresh\`: it tries again, and subscribes ${name} once more where EdgeSync still refuses.`;
  return new ExchangeError(error.code, error.sentence, {
    host: organization.facts.name,
    hint,
    cause: error,
    details: { ...error.details },
  });
}
