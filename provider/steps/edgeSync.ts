/**
 * EdgeSync, forced and waited for. Start-EdgeSynchronization has to say Success for every type: after a re-subscription its
 * service may refuse for up to 5 minutes while Test-EdgeSynchronization passes already (exchange.md 15.8).
 */
import { ExchangeError, isExchangeError } from "../base/errors";
import { startSynchronization, testSynchronization, type SyncRun, type SyncStatus } from "../exchange/subscriptions";
import { withLease } from "../rotation/leasedShell";
import type { Actor } from "../rotation/actor";
import type { HostSession } from "../remote/sessions";
import { askingBehind, pause } from "../remote/readings";

/** Default of `syncTimeout` in seconds: EdgeSync may refuse for 5 minutes after a re-subscription; its own advice is to wait at least 15 (exchange.md 15.8). */
export const SYNC_TIMEOUT = 1_200;

export interface SyncTask {
  organization: HostSession;
  edgeFqdn: string;
  actor: Actor;
  timeoutSeconds: number;
  signal: AbortSignal;
  /** The Edge has just been subscribed again: EdgeSync may refuse until its cache is five minutes old. */
  resubscribed?: boolean;
  /** Ends the wait at once: an answer that no waiting can better. */
  hopeless?: (runs: SyncRun[]) => boolean;
}

/** Moments to try, in ms after the first attempt: soon; later ones every `EVERY_MS`. */
const SOON_MS = [3_000, 12_000];
/** After a re-subscription nothing comes between a minute and the end of EdgeSync's cache; each forced run is work for all servers. */
const CACHED_MS = [...SOON_MS, 60_000, 300_000];
const EVERY_MS = 15_000;

/** When to force EdgeSync again, in ms after the first attempt; `elapsed` ms of them are over. */
export function nextAttempt(elapsed: number, isCached: boolean): number {
  return (isCached ? CACHED_MS : SOON_MS).find((moment) => moment > elapsed) ?? elapsed + EVERY_MS;
}

/** @throws SYNC_TIMEOUT with the last answer */
export async function forceSync(task: SyncTask): Promise<void> {
  const begun = Date.now();
  const deadline = begun + task.timeoutSeconds * 1000;
  let last = "EdgeSync gave no answer";
  for (;;) {
    const test = (): Promise<SyncStatus | null> => testSynchronization(task.organization, task.edgeFqdn);
    const runs = await askingBehind(
      () => test().catch(() => undefined),
      () => startOnce(task),
    );
    if (typeof runs !== "string" && succeeded(runs)) {
      const state = await test();
      if (state?.status === "Normal") return;
      last = `Test-EdgeSynchronization says ${state?.status ?? "nothing"}${state?.detail ? ` (${state.detail})` : ""}`;
    } else {
      last = typeof runs === "string" ? runs : summary(runs);
    }
    const now = Date.now();
    if (now >= deadline || (typeof runs !== "string" && task.hopeless?.(runs))) throw timeout(task, last);
    // A run that is under way, or one that Test-EdgeSynchronization does not believe, is no refusal by the cache.
    const isCached = task.resubscribed === true && typeof runs !== "string" && !succeeded(runs);
    const next = begun + nextAttempt(now - begun, isCached);
    await pause(Math.max(Math.min(next, deadline) - now, 1), task.signal);
  }
}

/** One forced run; a run that is under way already is an error of the cmdlet and is waited for. */
async function startOnce({ organization, actor, edgeFqdn, signal }: SyncTask): Promise<SyncRun[] | string> {
  try {
    return await withLease(organization, actor, (leased) => startSynchronization(leased, edgeFqdn), signal);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
    return error.sentence;
  }
}

export function succeeded(runs: SyncRun[]): boolean {
  return runs.length > 0 && runs.every((run) => run.result === "Success");
}
/**
 * A credential that is missing or cannot be decrypted: no connection, and no text beside it (exchange.md 15.8). Only a new
 * subscription writes new credentials, so that waiting is in vain.
 */
export function withoutCredential(runs: SyncRun[]): boolean {
  return runs.length > 0 && runs.every((run) => run.result === "CouldNotConnect" && run.details === "");
}
function summary(runs: SyncRun[]): string {
  if (runs.length === 0) return "Start-EdgeSynchronization gave no result for this Edge";
  return runs.map((run) => `${run.type || "synchronisation"}: ${run.result}${run.details ? ` (${run.details})` : ""}`).join("; ");
}
function timeout({ organization, edgeFqdn, timeoutSeconds }: SyncTask, last: string): ExchangeError {
  const host = organization.facts.name;
  const sentence = `${host}: ${edgeFqdn} did not synchronise within ${timeoutSeconds} s; last answer: ${last.replace(/\.+$/, "")}.`;
  return new ExchangeError("SYNC_TIMEOUT", sentence, { host });
}
