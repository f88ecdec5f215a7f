/** What the two doors of an Edge present, as thumbprints. */
import { isExchangeError } from "../base/errors";
import { smtpDoor, ldapsDoor } from "../probes/doors";
import { probeLdaps } from "../probes/ldaps";
import { probeStarttls } from "../probes/starttls";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { answered, pause, standing } from "../remote/readings";

/** Thumbprint that STARTTLS presents; null = STARTTLS is not offered. @throws FORWARDING_REFUSED, PROBE_FAILED when the port does not answer */
export async function starttlsLeaf(host: HostConnection, session: HostSession): Promise<string | null> {
  const look = await probeStarttls(smtpDoor(host, session), { name: session.facts.fqdn });
  return look.offered ? look.thumbprint : null;
}

/** Thumbprint that AD LDS presents, seen from the organisation. @throws PROBE_FAILED */
export async function ldapsLeaf(edge: HostConnection, edgeSession: HostSession, organization: HostSession): Promise<string | null> {
  const { thumbprint } = await probeLdaps(ldapsDoor(edge, organization, edgeSession.facts.fqdn), { name: edgeSession.facts.fqdn });
  return thumbprint;
}

/**
 * The same, as it was seen since anything of the Edge was last changed (remote/readings.ts): what AD LDS presents is decided by an export and
 * a restart, both on the Edge (exchange.md 15.6).
 */
export function ldapsSeen(edge: HostConnection, edgeSession: HostSession, organization: HostSession): Promise<string | null> {
  return standing(`${edgeSession.facts.fqdn.toLowerCase()} ldaps`, () => ldapsLeaf(edge, edgeSession, organization), "own");
}
const STARTTLS = "starttls";
export function starttlsSeen(host: HostConnection, session: HostSession): Promise<string | null> {
  return standing(`${session.facts.fqdn.toLowerCase()} ${STARTTLS}`, () => starttlsLeaf(host, session), "any");
}
/** Looks that have just been made. */
export function noteLdaps(edgeSession: HostSession, leaf: string | null): void {
  answered(`${edgeSession.facts.fqdn.toLowerCase()} ldaps`, leaf, "own");
}
export function noteStarttls(session: HostSession, leaf: string | null): void {
  answered(`${session.facts.fqdn.toLowerCase()} ${STARTTLS}`, leaf, "any");
}

/** A door that will be looked at, and the session whose SSH connection leads there. */
export interface Door {
  through: HostSession;
  door: string;
  look: () => Promise<unknown>;
}
export const smtpOf = (host: HostConnection, session: HostSession): Door => ({
  through: session,
  door: "smtp",
  look: () => starttlsSeen(host, session),
});

/** SSH connection → doors that it lets one look at. */
const open = new WeakMap<object, Set<string>>();

/**
 * Tries the looks that a rotation will need, before it begins and once a connection: a door that is closed now is no matter, since it may
 * be what `up` heals. @throws FORWARDING_REFUSED where an SSH server lets nobody look
 */
export async function refuseBlind(...doors: Door[]): Promise<void> {
  await Promise.all(doors.map(tryDoor));
}

async function tryDoor({ through, door, look }: Door): Promise<void> {
  const { ssh } = through;
  const seen = open.get(ssh) ?? new Set<string>();
  open.set(ssh, seen);
  if (seen.has(door)) return;
  await look().catch((error: unknown) => {
    if (!isExchangeError(error, "PROBE_FAILED")) throw error;
  });
  seen.add(door);
}

/** Asks a door until `accept` likes the answer or the deadline passes; the last answer is returned, PROBE_FAILED counts as null. */
export async function waitForLeaf(
  ask: () => Promise<string | null>,
  accept: (leaf: string | null) => boolean,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  const end = Date.now() + deadlineMs;
  for (let ms = 100; ; ms = Math.min(ms * 2, 2_000)) {
    const leaf = await quiet(ask);
    if (accept(leaf) || Date.now() >= end) return leaf;
    await pause(ms, signal);
  }
}

async function quiet(ask: () => Promise<string | null>): Promise<string | null> {
  try {
    return await ask();
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return null;
    throw error;
  }
}
