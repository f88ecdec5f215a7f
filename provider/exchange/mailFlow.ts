/** Whether mail runs over a server: queues and message tracking as counts, and what a waiting queue waits for (exchange.md 4.6, 9). */
import type { Shell } from "./shell";
import { AUTHENTICATION, NAME_NOT_FOUND, NO_CHANNEL, OWN_SIDE_ABORTS } from "./symptoms/replies";
import type { Queue } from "./transport";

/** A queue as far as mail flow goes. */
export type MailQueue = Omit<Queue, "nextHop">;

/** Events of the message tracking log since a moment, as counts. */
export interface Tracked {
  received: number;
  /** Handed on: to another server, outside, or into a mailbox. */
  delivered: number;
  deferred: number;
  failed: number;
}

/** What mail waits for, by the words of a queue (the code is not localised); `id` is doctor's. */
export interface Cause {
  id: string;
  cause: string;
  remedy: string;
}
const CAUSES: (Cause & { sign: (queue: MailQueue) => boolean })[] = [
  {
    id: "454-4.7.5",
    sign: ({ lastError }) => NAME_NOT_FOUND.test(lastError),
    cause: "a send connector names a certificate that this server does not have",
    remedy: "install it on every source server of the connector, or correct the connector's TlsCertificateName",
  },
  {
    id: "direct-trust",
    sign: ({ lastError }) => AUTHENTICATION.test(lastError),
    cause: "direct trust between Edge and organisation is broken: a default certificate is not the one that the other side keeps",
    remedy: "subscribe the Edge again (EdgeSubscription), then Start-EdgeSynchronization",
  },
  {
    id: "451-4.4.395",
    sign: ({ lastError }) => OWN_SIDE_ABORTS.test(lastError),
    cause: "this server ends its own TLS sessions: the certificate's key cannot be read, or two certificates carry the connector's name",
    remedy: "enable the certificate for SMTP, or remove the one of the same name; then restart MSExchangeTransport",
  },
  {
    id: "2004",
    sign: ({ lastError }) => NO_CHANNEL.test(lastError),
    cause: "the peer does not trust the authority of the certificate that is presented",
    remedy: "give the two certificates different names, or remove the one that the peer does not trust",
  },
  {
    id: "unreachable",
    sign: ({ deliveryType, identity }) => /^Unreachable$/i.test(deliveryType) || /\\Unreachable$/i.test(identity),
    cause: "no send connector routes this mail: it lost its source server or is disabled",
    remedy: "give the connector its source servers back (Set-SendConnector -SourceTransportServers), then Start-EdgeSynchronization",
  },
];

/** The cause that `doctor` knows for a queue; null for an empty one and for any other error. */
export function causeOf(queue: MailQueue): Cause | null {
  if (queue.count === 0) return null;
  const found = CAUSES.find(({ sign }) => sign(queue));
  return found ? { id: found.id, cause: found.cause, remedy: found.remedy } : null;
}

/** The longest stretch that the agent counts in one call. */
const LONGEST_MS = 24 * 3_600_000;

/** Counted on the host: no address and no subject leaves it. `messageId`: only this message's, in angle brackets. */
export async function trackedSince(shell: Shell, since: Date, until: Date, messageId?: string): Promise<Tracked> {
  const from = new Date(Math.max(since.getTime(), until.getTime() - LONGEST_MS));
  const params = { since: from.toISOString(), until: until.toISOString(), ...(messageId === undefined ? {} : { messageId }) };
  const { events } = await shell.request("tracking.count", params);
  const of = (...ids: string[]): number => events.filter(({ eventId }) => ids.includes(eventId)).reduce((sum, { count }) => sum + count, 0);
  return { received: of("RECEIVE"), delivered: of("SEND", "SENDEXTERNAL", "DELIVER"), deferred: of("DEFER"), failed: of("FAIL") };
}

/** One look at a server's mail. */
export interface MailLook {
  /** Null where the log could not be counted: its search service does not run, or an agent of before. */
  tracked: Tracked | null;
  queues: MailQueue[];
}

/**
 * `proven`: mail was handed on and nothing waits for a cause that is known. `waits`: mail waits for such a cause. `moving`: nothing was
 * handed on yet, and queues hold mail. `nothing`: nothing came.
 */
export type MailVerdict = "proven" | "waits" | "moving" | "nothing";

/** Judged by counts alone. A queue that still shows an error while it empties is not stuck: `before` is the look before. */
export function judgeMail({ tracked, queues }: MailLook, before: MailLook | null): { verdict: MailVerdict; causes: Cause[] } {
  const found = queues.flatMap((queue) => (falls(queue, before) ? [] : (causeOf(queue) ?? [])));
  const causes = [...new Map(found.map((one) => [one.id, one])).values()];
  if (causes.length > 0) return { verdict: "waits", causes };
  if (tracked && tracked.delivered > 0) return { verdict: "proven", causes };
  const held = queues.some(({ count }) => count > 0);
  return { verdict: held || (tracked !== null && tracked.received > 0) ? "moving" : "nothing", causes };
}

function falls({ identity, count }: MailQueue, before: MailLook | null): boolean {
  const earlier = before?.queues.find((one) => one.identity === identity);
  return earlier !== undefined && count < earlier.count;
}
