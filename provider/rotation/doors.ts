/** What the two doors of an Edge present, as thumbprints. */
import { delay } from "../base/clock";
import { isExchangeError } from "../base/errors";
import { smtpDoor, ldapsDoor } from "../probes/doors";
import { probeLdaps } from "../probes/ldaps";
import { probeStarttls } from "../probes/starttls";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";

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
 * Tries the looks that a rotation will need, before it begins: a door that is closed now is no matter, since it may be what `up` heals.
 * @throws FORWARDING_REFUSED where an SSH server lets nobody look
 */
export async function refuseBlind(...looks: (() => Promise<unknown>)[]): Promise<void> {
  for (const look of looks) {
    await look().catch((error: unknown) => {
      if (!isExchangeError(error, "PROBE_FAILED")) throw error;
    });
  }
}

/** Asks a door until `accept` likes the answer or the deadline passes; the last answer is returned, PROBE_FAILED counts as null. */
export async function waitForLeaf(
  ask: () => Promise<string | null>,
  accept: (leaf: string | null) => boolean,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  const end = Date.now() + deadlineMs;
  for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
    const leaf = await quiet(ask);
    if (accept(leaf) || Date.now() >= end) return leaf;
    await delay(pause, signal);
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
