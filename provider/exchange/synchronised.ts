/**
 * Whether EdgeSync works with the certificates that are there now. A Mailbox server's credentials are encrypted for its default certificate;
 * where they could not be encrypted anew, the old default with its key is the only way back (exchange.md 15.1): it must not go before
 * every Edge of the server's site has synchronised since the last change of a default.
 */
import { equalNames, SLOW_CALL_MS, text, type Shell } from "./shell";
import { listSubscriptions, sameSite, startSynchronization } from "./subscriptions";
import { pause } from "../remote/readings";

interface Tested {
  status: string;
  detail: string;
  lastSynchronized: Date | null;
}
/** A synchronisation that is under way ends soon (exchange.md 15.8); an object, so that tests need not wait as long. */
export const PROOF_TIMES = { waitMs: 60_000, pauseMs: 1_000 };

/**
 * Why it is not proven, in words; null where every Edge is Normal, and has synchronised after `since`. Test-EdgeSynchronization connects with
 * the present credentials itself; a synchronisation that is older than `since` is forced once.
 */
export async function edgeSyncDoubt(hub: Shell, since: Date | null, signal: AbortSignal): Promise<string | null> {
  const edges = await ownEdges(hub);
  for (const edge of edges) {
    const doubt = await doubtOf(hub, edge, since, signal);
    if (doubt) return doubt;
  }
  return null;
}

/** Edges that this server synchronises: those of its own site. Another site's need nothing of this server. */
async function ownEdges(hub: Shell): Promise<string[]> {
  const subscriptions = await listSubscriptions(hub);
  if (subscriptions.length === 0) return [];
  const { objects } = await hub.invoke("Get-ExchangeServer", { Identity: hub.facts.name }, ["Name", "Site"]);
  const site = text(objects.find((one) => equalNames(text(one.Name), hub.facts.name))?.Site);
  // Where the server does not tell its site, every Edge counts.
  return subscriptions.filter((one) => site === "" || sameSite(one.site, site)).map((one) => one.name);
}

async function doubtOf(hub: Shell, edge: string, since: Date | null, signal: AbortSignal): Promise<string | null> {
  let state = await settled(hub, edge, signal);
  if (state.status === "Normal" && isOlder(state, since)) {
    await startSynchronization(hub, edge);
    state = await settled(hub, edge, signal);
  }
  if (state.status !== "Normal") return `EdgeSync of ${edge} is ${state.status}${state.detail ? ` (${state.detail})` : ""}`;
  return isOlder(state, since) ? `${edge} has not synchronised since the default certificate changed` : null;
}

function isOlder({ lastSynchronized }: Tested, since: Date | null): boolean {
  return since !== null && (lastSynchronized === null || lastSynchronized <= since);
}

async function settled(hub: Shell, edge: string, signal: AbortSignal): Promise<Tested> {
  const deadline = Date.now() + PROOF_TIMES.waitMs;
  for (;;) {
    const state = await test(hub, edge);
    if (state.status !== "Inconclusive" || Date.now() >= deadline) return state;
    await pause(PROOF_TIMES.pauseMs, signal);
  }
}

async function test(hub: Shell, edge: string): Promise<Tested> {
  const select = ["SyncStatus", "Name", "LastSynchronizedUtc", "FailureDetail"];
  const { objects } = await hub.invoke("Test-EdgeSynchronization", { TargetServer: edge }, select, { timeoutMs: SLOW_CALL_MS });
  const own = objects.find((one) => equalNames(text(one.Name).split(".")[0], edge));
  if (!own) return { status: "not tested", detail: "", lastSynchronized: null };
  const last = text(own.LastSynchronizedUtc);
  return { status: text(own.SyncStatus), detail: text(own.FailureDetail), lastSynchronized: last === "" ? null : new Date(last) };
}
