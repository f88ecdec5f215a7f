/**
 * A host's shell with the right to change it, which is a lease. In one process, one handler at a time per host; across processes, the lease file.
 * While a rotation is open the lease is kept between handlers, so that no other run slips in between.
 */
import { Mutex } from "async-mutex";
import { randomUUID } from "node:crypto";
import { asExchangeError } from "../base/errors";
import type { CallOptions, Shell } from "../exchange/shell";
import { isMutation, type HostFacts, type Operation, type Operations, type Value } from "../remote/protocol";
import { forgetBefore } from "../remote/readings";
import { beginRecords, doubtRecords, endRecords } from "./records";
import { RENEW_SECONDS, releaseLease, renewLease, seenFree, takeLease, type LeaseRecord } from "./lease";
import type { Actor } from "./actor";

interface Holding {
  shell: Shell;
  actor: Actor;
  lease: LeaseRecord;
  /** A change whose reply was lost may still be under way on the host. */
  orphaned?: boolean;
  retaking?: Promise<void>;
  kept: boolean;
  timer: NodeJS.Timeout;
  failure?: Error;
}
/**
 * A run with an Edge out of service waits so long, in ms, for another living run on a further host: runs of other Edges visit the
 * Mailbox server to see whether the site is free, and a rotation that ended there would leave its Edge out of service.
 */
const PATIENCE_MS = 60_000;
/** Leases on their way back. */
const releases = new Set<Promise<unknown>>();
const mutexes = new Map<string, Mutex>();
const holdings = new Map<string, Holding>();

/** A shell whose mutations carry fence and idempotency key. */
export class LeasedShell implements Shell {
  constructor(
    private readonly shell: Shell,
    private readonly holding: Holding,
  ) {}
  get facts(): HostFacts {
    return this.shell.facts;
  }
  get fence(): number {
    return this.holding.lease.fence;
  }
  async request<Op extends Operation>(
    op: Op,
    params: Operations[Op]["params"],
    options: CallOptions = {},
  ): Promise<Operations[Op]["value"]> {
    await retake(this.holding);
    if (!isMutation(op) && !op.startsWith("file.")) return this.shell.request(op, params, options);
    if (this.holding.failure) throw this.holding.failure;
    const key = isMutation(op) ? { key: options.key ?? randomUUID() } : {};
    return this.watched(this.shell.request(op, params, { ...options, ...key, fence: this.fence }));
  }
  async invoke(cmdlet: string, parameters: { [name: string]: Value }, select: string[], options: CallOptions = {}) {
    await retake(this.holding);
    if (!isMutation("invoke", cmdlet)) return this.shell.invoke(cmdlet, parameters, select, options);
    if (this.holding.failure) throw this.holding.failure;
    return this.watched(this.shell.invoke(cmdlet, parameters, select, { ...options, key: randomUUID(), fence: this.fence }));
  }

  private async watched<T>(change: Promise<T>): Promise<T> {
    try {
      return await change;
    } catch (error) {
      if (LOST.includes(asExchangeError(error).code)) {
        this.holding.orphaned = true;
        doubtRecords(this.facts.fqdn);
      }
      throw error;
    }
  }
}

/** What may leave a process on the host that is still to do what it was asked. */
const LOST: readonly string[] = ["CONNECTION_LOST", "CALL_TIMEOUT"];

/**
 * After a lost reply nothing that is read counts before the orphan is done or shut out: the lease is taken anew with the next
 * fence, which waits for the running change and refuses one that has not begun.
 */
async function retake(holding: Holding): Promise<void> {
  if (!holding.orphaned) return;
  holding.retaking ??= takeLease(holding.shell, holding.actor)
    .then((lease) => {
      holding.lease = lease;
      holding.orphaned = false;
      doubtRecords(holding.shell.facts.fqdn);
    })
    .finally(() => (holding.retaking = undefined));
  await holding.retaking;
}

/**
 * Runs `work` with the right to change the host. `lingers`: the next step wants the lease again at once, and `endLingering` follows.
 * `patient`: another living run is waited for as if an Edge were out of service.
 * @throws LEASE_HELD before anything was changed
 */
export async function withLease<T>(
  shell: Shell,
  actor: Actor,
  work: (leased: LeasedShell) => Promise<T>,
  signal?: AbortSignal,
  { lingers = false, patient = false } = {},
): Promise<T> {
  const key = shell.facts.fqdn.toLowerCase();
  const mutex = mutexes.get(key) ?? new Mutex();
  mutexes.set(key, mutex);
  return mutex.runExclusive(async () => {
    const holding = await hold(key, shell, actor, patient, signal);
    try {
      return await work(new LeasedShell(shell, holding));
    } finally {
      if (holding.failure || !(holding.kept || lingers)) letGo(key);
    }
  });
}

/** Keeps the host's lease after the present handler, until `releaseHand` (or the end of the process plus its expiry). */
export function keepLease(shell: Shell): void {
  const holding = holdings.get(shell.facts.fqdn.toLowerCase());
  if (holding) holding.kept = true;
}
/** Whether this run has a rotation open on the host. */
export function isLeaseKept(shell: Shell): boolean {
  return holdings.get(shell.facts.fqdn.toLowerCase())?.kept === true;
}
/** Names of the hosts that this run has a rotation open on, upper case. */
export function keptHosts(): string[] {
  return [...holdings.values()].filter(({ kept }) => kept).map(({ shell }) => shell.facts.name.toUpperCase());
}
export function dropLease(shell: Shell): void {
  const holding = holdings.get(shell.facts.fqdn.toLowerCase());
  if (holding) holding.kept = false;
}

/** Gives every kept lease back; for the end of the process. */
export async function releaseLeases(): Promise<void> {
  // Who is interrupted inside its work may have a change under way.
  for (const key of [...holdings.keys()]) letGo(key, mutexes.get(key)?.isLocked());
  await releasesDone();
}

/** Gives back what steps have kept for the next one. */
export function endLingering(): void {
  for (const [key, { kept }] of [...holdings]) if (!kept && !mutexes.get(key)?.isLocked()) letGo(key);
}

/** Resolves once every lease that was given back is known to be so. */
export async function releasesDone(): Promise<void> {
  await Promise.allSettled([...releases]);
}

async function hold(key: string, shell: Shell, actor: Actor, patient: boolean, signal?: AbortSignal): Promise<Holding> {
  const existing = holdings.get(key);
  if (existing && !existing.failure) {
    if (existing.shell !== shell) doubtRecords(key);
    existing.shell = shell;
    return existing;
  }
  const inWindow = [...holdings.values()].some(({ kept }) => kept);
  const seen = seenFree(shell);
  const lease = await takeLease(shell, actor, signal, inWindow || patient ? PATIENCE_MS : 0);
  const unheld = seen?.fence === lease.fence - 1 ? seen : null;
  const holding: Holding = { shell, actor, lease, kept: false, timer: setInterval(() => void renew(holding), RENEW_SECONDS * 1000) };
  holding.timer.unref();
  holdings.set(key, holding);
  // This host's answers stand that were asked since nobody has had its lease, and those of hosts that are held.
  forgetBefore((server) => (server === key ? (unheld?.sent ?? Infinity) : holdings.has(server) ? 0 : Infinity));
  beginRecords(key);
  return holding;
}

async function renew(holding: Holding): Promise<void> {
  const { lease } = holding;
  if (holding.orphaned) return;
  try {
    await renewLease(holding.shell, lease);
  } catch (error) {
    // A change that was lost with the same connection says so in a moment.
    await new Promise((resolve) => setImmediate(resolve));
    // A lease that was taken anew meanwhile is not lost.
    if (holding.lease !== lease || holding.orphaned) return;
    holding.failure = error as Error;
    endRecords(holding.shell.facts.fqdn);
  }
}

/** Gives it back; the host works one request after the other, so that nobody has to wait for the answer. */
function letGo(key: string, inside = false): void {
  const holding = holdings.get(key);
  if (!holding) return;
  holdings.delete(key);
  endRecords(key);
  clearInterval(holding.timer);
  if (holding.failure) return;
  const release: Promise<unknown> = releaseLease(holding.shell, holding.lease, inside || holding.orphaned)
    .catch(() => undefined)
    .finally(() => releases.delete(release));
  releases.add(release);
}
