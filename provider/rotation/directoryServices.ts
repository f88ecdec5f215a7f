/**
 * AD LDS and what depends on it. A restart that was cut short leaves dependants stopped, and with ServiceHost down every
 * certificate cmdlet fails (exchange.md 5.1, 15.1, 15.10): what ran before the window runs again before anything else.
 */
import type { Shell } from "../exchange/shell";
import { ADLDS, TRANSPORT } from "../exchange/transport";
import { standing } from "../remote/readings";
import { withLease } from "./leasedShell";
import { readJournal, type JournalState } from "./journal";
import type { Actor } from "./actor";

/** Status of AD LDS and of its dependants but transport, which has duties of its own. */
export async function directoryServices(edge: Shell): Promise<{ [name: string]: string }> {
  const question = `${edge.facts.fqdn.toLowerCase()} services`;
  const { status, dependants } = await standing(question, () => edge.request("service.status", { name: ADLDS }));
  const others = dependants.filter((one) => one.name !== TRANSPORT).map((one): [string, string] => [one.name, one.status]);
  return Object.fromEntries([[ADLDS, status], ...others]);
}

/** Services that ran when the window was opened and do not run now, AD LDS first. */
export async function missingServices(edge: Shell, before: { [name: string]: string }): Promise<string[]> {
  const now = await directoryServices(edge);
  return Object.keys(before).filter((name) => before[name] === "Running" && now[name] !== "Running");
}

/**
 * Starts what a cut restart left stopped, before anything is asked of Exchange: without ServiceHost not even reading works.
 * Only inside a window of this stack. Gives the journal as it was read, null on a host that has none, and whether something was started.
 */
export async function healServices(
  edge: Shell,
  actor: Actor,
  signal: AbortSignal,
): Promise<{ journal: JournalState | null; healed: boolean }> {
  if (edge.facts.role !== "Edge") return { journal: null, healed: false };
  const state = await readJournal(edge);
  if (!state?.open || state.stack !== actor.stack) return { journal: state, healed: false };
  const missing = await missingServices(edge, state.old.services);
  if (missing.length === 0) return { journal: state, healed: false };
  await withLease(
    edge,
    actor,
    async (leased) => {
      for (const name of await missingServices(leased, state.old.services)) await leased.request("service.start", { name });
    },
    signal,
  );
  return { journal: state, healed: true };
}
