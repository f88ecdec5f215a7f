/** What is open on a host, for whoever only looks: nothing is taken, nothing is written. */
import { factsNow } from "../exchange/clocks";
import type { Shell } from "../exchange/shell";
import type { RotationFact } from "../exchange/symptoms";
import { isFree, latestLease } from "./lease";
import { progressOf } from "./outage";
import { openJournal } from "./situation";

/** A rotation that is open on an Edge, by its journal. @throws JOURNAL_UNREADABLE */
export async function openWork(edge: Shell): Promise<RotationFact | null> {
  const open = await openJournal(edge);
  if (!open) return null;
  const { owner, stack, organization } = open.state;
  return { owner, stack, organization, interrupted: open.interrupted, ...progressOf(open.state) };
}

/** Who is at work on a host: owner of the lease that binds others now. Null: nobody. */
export async function atWork(shell: Shell, now: Date): Promise<string | null> {
  const { record } = await latestLease(shell, await factsNow(shell));
  return record && !isFree(record, now) ? record.owner : null;
}
