/**
 * The lease of a host: one writer at a time, with a fence that grows with every taking. The lease is a file
 * `lease/<fence>.json`; creating it exclusively is the taking, so two takers cannot both win. Expiry is judged by the
 * clock of the host that holds it (rotation.md 12).
 */
import { asExchangeError, ExchangeError } from "../base/errors";
import { factsNow, knownTime } from "../exchange/clocks";
import type { Shell } from "../exchange/shell";
import type { HostFacts } from "../remote/protocol";
import { forgetReadings, moment, pause } from "../remote/readings";
import { readJson } from "./files";
import type { Actor } from "./actor";

export const LEASE_SECONDS = 30;
export const RENEW_SECONDS = 10;
/** How long a taker waits for a lease that nobody renews. */
const POLL_MS = 1_000;
/** Where runs take turns, each lease is waited for anew, but not without end: so many times the patience for one. */
const PATIENCES = 10;
/** What a renewal that has waited behind a call needs to get through. */
const RENEWAL_MS = 3_000;

export interface LeaseRecord {
  fence: number;
  owner: string;
  run: string;
  expires: string;
  released?: boolean;
  /** Given back by a run that had lost the reply to a change: that may still be made, until the next fence shuts it out. */
  lost?: boolean;
}

/** Whether a lease no longer binds anyone at `now` (host clock). */
export function isFree(record: LeaseRecord | null, now: Date): boolean {
  return !record || record.released === true || new Date(record.expires).getTime() <= now.getTime();
}

const leaseFile = (fence: number): string => `lease/${fence}.json`;
const encode = (record: LeaseRecord): string => Buffer.from(JSON.stringify(record)).toString("base64");

/**
 * Takes the lease. Waits for one that expires unrenewed (a killed run's); a lease that is renewed meanwhile belongs to a
 * living run, which is waited for as long as `patienceMs` says; where runs take turns, each of their leases. @throws LEASE_HELD with holder and end
 */
export async function takeLease(shell: Shell, actor: Actor, signal?: AbortSignal, patienceMs = 0): Promise<LeaseRecord> {
  const next = await takeNext(shell, actor);
  if (next) return next;
  // Somebody may have been here since we looked: nothing that was read before counts.
  forgetReadings();
  const begun = performance.now();
  let seen: { lease: LeaseRecord; at: number } | null = null;
  let held = { fence: 0, since: begun };
  let waitedFor = 0;
  for (;;) {
    const facts = await factsNow(shell);
    const now = new Date(facts.utc);
    const { fence, record } = ours(facts) ?? (await latestLease(shell, facts));
    // A lease of this very run is left over from a lost connection: its fence dies with the new one.
    const binding = record && !isFree(record, now) && record.run !== actor.run ? record : null;
    if (binding && !isSilent(seen, binding)) {
      const lives = seen !== null && (seen.lease.fence !== binding.fence || seen.lease.expires !== binding.expires);
      if (held.fence !== binding.fence) held = { fence: binding.fence, since: performance.now() };
      const isOver = performance.now() - held.since >= patienceMs || performance.now() - begun >= PATIENCES * patienceMs;
      if (lives && isOver) throw heldBy(facts, binding);
      if (seen === null || lives) seen = { lease: binding, at: performance.now() };
      await pause(POLL_MS, signal);
      continue;
    }
    if (record && !record.released && record.run !== actor.run && waitedFor !== fence) {
      await runningChange(shell, facts, signal);
      waitedFor = fence;
      continue;
    }
    const taken = await tryTake(shell, facts, fence + 1, actor, now);
    if (taken) return taken;
  }
}

/**
 * Waits for the change that a host may be inside. A host works one request after the other: while its holder is in a long call
 * (a restart of AD LDS), the renewals wait behind it, and an expired lease does not mean that nobody lives.
 */
async function runningChange(shell: Shell, { fence }: HostFacts, signal?: AbortSignal): Promise<void> {
  // The present fence changes nothing; who raised it meanwhile is seen at the next look.
  await shell.request("fence.raise", { fence }, { timeoutMs: 180_000 }).catch((error: unknown) => {
    if (asExchangeError(error).code !== "FENCED") throw error;
  });
  await pause(RENEWAL_MS, signal);
}

/** Not renewed for longer than a lease lasts, by this machine's own stopwatch: the host's clock may have jumped back. */
function isSilent(seen: { lease: LeaseRecord; at: number } | null, binding: LeaseRecord): boolean {
  if (!seen || seen.lease.fence !== binding.fence || seen.lease.expires !== binding.expires) return false;
  return performance.now() - seen.at > (LEASE_SECONDS + RENEW_SECONDS) * 1000;
}

/** The newest lease of a host, which nobody holds: this process gave it back, or has seen it free. */
export interface Free {
  fence: number;
  /** When the look was sent that found it free (readings.ts); 0: this process had it since. */
  sent: number;
}
const free = new Map<string, Free>();
const keyOf = ({ facts }: Shell): string => facts.fqdn.toLowerCase();

/**
 * Looks whether the lease is free, beside the first questions of an operation: whoever then creates the next one's file knows that nobody
 * had it in between. Changes nothing, and finds nothing where somebody holds it.
 */
export async function seeLease(shell: Shell): Promise<void> {
  const key = keyOf(shell);
  if (free.has(key) && knownTime(shell)) return;
  const look =
    looking.get(key) ??
    lookAtLease(shell)
      .catch(() => void free.delete(key))
      .finally(() => looking.delete(key));
  looking.set(key, look);
  await look;
}
const looking = new Map<string, Promise<void>>();

async function lookAtLease(shell: Shell): Promise<void> {
  const expected = free.get(keyOf(shell))?.fence ?? shell.facts.fence;
  const sent = moment();
  const [facts, record, next] = await Promise.all([
    factsNow(shell),
    expected > 0 ? readJson<LeaseRecord>(shell, leaseFile(expected)) : null,
    readJson<LeaseRecord>(shell, leaseFile(expected + 1)),
  ]);
  if (facts.fence === expected && !next && (!record || (record.released === true && !record.lost)))
    free.set(keyOf(shell), { fence: expected, sent });
  else free.delete(keyOf(shell));
}

/** The lease after one that was seen free, in one turn; null where that is not known, or somebody came before us. */
async function takeNext(shell: Shell, actor: Actor): Promise<LeaseRecord | null> {
  const seen = free.get(keyOf(shell));
  const now = knownTime(shell);
  if (seen === undefined || now === null) return null;
  free.delete(keyOf(shell));
  return tryTake(shell, seen, seen.fence + 1, actor, now);
}

/** Nobody has been here since we gave it back or saw it free: a taker who has not raised the fence yet has the next lease's file. */
function ours({ fqdn, fence }: HostFacts): { fence: number; record: LeaseRecord | null } | null {
  const seen = free.get(fqdn.toLowerCase());
  free.delete(fqdn.toLowerCase());
  return seen?.fence === fence ? { fence, record: null } : null;
}

/** The newest lease: fences are taken upward from the highest that the agent has seen. */
export async function latestLease(shell: Shell, facts: HostFacts): Promise<{ fence: number; record: LeaseRecord | null }> {
  let fence = facts.fence;
  let record = fence > 0 ? await readJson<LeaseRecord>(shell, leaseFile(fence)) : null;
  for (;;) {
    const next = await readJson<LeaseRecord>(shell, leaseFile(fence + 1));
    if (!next) return { fence, record };
    fence += 1;
    record = next;
  }
}

/**
 * Creates the lease's file, waits for the cmdlet that an orphan of an earlier run may still be inside, and takes the old file away; sent
 * together, since the creation's own fence shuts earlier writers out whoever wins. Null where others were faster, by one lease or by more.
 */
async function tryTake(shell: Shell, before: { fence: number }, fence: number, actor: Actor, now: Date): Promise<LeaseRecord | null> {
  const record: LeaseRecord = { fence, owner: actor.owner, run: actor.run, expires: expiry(now) };
  const creation = shell.request("file.createNew", { path: leaseFile(fence), data: encode(record) }, { fence });
  const rest = [
    shell.request("fence.raise", { fence }, { timeoutMs: 180_000 }),
    ...(before.fence > 0 ? [shell.request("file.remove", { path: leaseFile(before.fence) }, { fence })] : []),
  ];
  try {
    const [{ created }] = await Promise.all([creation, ...rest]);
    return created ? record : null;
  } catch (error) {
    await Promise.allSettled([creation, ...rest]);
    if (asExchangeError(error).code !== "FENCED") throw error;
    return null;
  }
}

/** Renews by the host's clock. @throws FENCED when another run has taken over */
export async function renewLease(shell: Shell, lease: LeaseRecord): Promise<void> {
  const facts = await factsNow(shell);
  if (facts.fence > lease.fence) throw lost(facts, lease);
  lease.expires = expiry(new Date(facts.utc));
  await shell.request("file.write", { path: leaseFile(lease.fence), data: encode(lease) }, { fence: lease.fence });
}

/** What is known of a free lease: who then takes the next fence knows that nobody had it in between. */
export const seenFree = (shell: Shell): Free | null => free.get(keyOf(shell)) ?? null;

export async function releaseLease(shell: Shell, lease: LeaseRecord, lost = false): Promise<void> {
  const released = { ...lease, released: true, ...(lost ? { lost } : {}) };
  const write = shell.request("file.write", { path: leaseFile(lease.fence), data: encode(released) }, { fence: lease.fence });
  if (!lost) free.set(keyOf(shell), { fence: lease.fence, sent: 0 });
  await write.catch((error: unknown) => {
    free.delete(keyOf(shell));
    throw error;
  });
}

function expiry(now: Date): string {
  return new Date(now.getTime() + LEASE_SECONDS * 1000).toISOString();
}
function heldBy(facts: HostFacts, holder: LeaseRecord): ExchangeError {
  const text = `${facts.name} is being worked on by ${holder.owner} (run ${holder.run.slice(0, 8)}) until ${holder.expires}.`;
  return new ExchangeError("LEASE_HELD", text, { host: facts.name, details: { owner: holder.owner, until: holder.expires } });
}
function lost(facts: HostFacts, lease: LeaseRecord): ExchangeError {
  return new ExchangeError("LEASE_LOST", `${facts.name}: another run took over (fence ${facts.fence} after ${lease.fence}).`, {
    host: facts.name,
  });
}
