/** After transport was started: does the server carry mail? Counts of queues and of the tracking log, and a probe where one is asked for. */
import { randomUUID } from "node:crypto";
import { isoSeconds } from "../base/clock";
import { isExchangeError } from "../base/errors";
import { judgeMail, trackedSince, type Cause, type MailLook, type MailVerdict, type Tracked } from "../exchange/mailFlow";
import { hostTime, knownTime } from "../exchange/clocks";
import { draining, filledQueues } from "../exchange/transport";
import { smtpDoor } from "../probes/doors";
import { probeRecipient } from "../probes/recipient";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { pause } from "../remote/readings";

/** How a server's mail is watched. */
export interface MailWatch {
  /** As long as it takes to prove that mail runs, at most; 0 is one look. */
  seconds: number;
  probe?: { recipient: string; sender?: string; send?: boolean };
}
/** Counts alone: no domain, no address (the output `mailFlow`). */
export interface MailFlow {
  since: string;
  until: string;
  /** Null where the tracking log was not counted. */
  received: number | null;
  delivered: number | null;
  deferred: number | null;
  queues: { messages: number; waiting: number };
  verdict: MailVerdict;
  /** `accepted` up to RCPT, `arrived`: the message was found in the tracking log again, `sent`: not found yet, `refused`, `failed`. */
  probe?: "accepted" | "arrived" | "sent" | "refused" | "failed";
}
export interface Watched {
  flow: MailFlow;
  causes: Cause[];
}
/** An object, so that tests need not wait as long. */
export const WATCH_TIMES = { pauseMs: 5_000 };

export interface Watching {
  host: HostConnection;
  session: HostSession;
  /** Where a message to a mailbox arrives; null where no Mailbox server is known. */
  organization: HostSession | null;
  signal: AbortSignal;
}

/** Watches from `since` (the server's clock). Never throws for what it cannot see: that is counted as null. */
export async function watchMail(watching: Watching, since: Date, { seconds, probe }: MailWatch): Promise<Watched> {
  const deadline = Date.now() + seconds * 1000;
  const probed = probe ? await startProbe(watching, probe) : null;
  let before: MailLook | null = null;
  for (;;) {
    // A watch counts up to this moment; the one look at a window's end is about the window.
    const known = seconds === 0 ? knownTime(watching.session) : null;
    const until = known ?? (await hostTime(watching.session));
    const look = await lookAtMail(watching.session, since, until);
    const { verdict, causes } = judgeMail(look, before);
    const found = probed === null ? undefined : await outcomeOf(watching, since, until, probed);
    // Only a message that was sent can be found again.
    const proven = found === "arrived" || (probed?.messageId === undefined && verdict === "proven");
    const over = Date.now() >= deadline || proven;
    // a queue with an error is looked at again: it may be emptying
    if (over) return { flow: flowOf(since, until, look, found === "arrived" && causes.length === 0 ? "proven" : verdict, found), causes };
    before = look;
    await pause(Math.min(WATCH_TIMES.pauseMs, Math.max(1, deadline - Date.now())), watching.signal);
  }
}

async function lookAtMail(session: HostSession, since: Date, until: Date): Promise<MailLook> {
  const [queues, tracked] = await Promise.all([filledQueues(session), quietly(() => trackedSince(session, since, until))]);
  return { queues, tracked };
}

/** An agent of before, a search service that does not run, a right that is missing: nothing is known, and nothing is wrong by that. */
async function quietly(count: () => Promise<Tracked>): Promise<Tracked | null> {
  try {
    return await count();
  } catch (error) {
    if (isExchangeError(error, "AGENT_REFUSED", "CMDLET_FAILED", "SHELL_CREDENTIAL", "EXCHANGE_MISSING", "AGENT_PROTOCOL")) return null;
    throw error;
  }
}

function flowOf(since: Date, until: Date, { tracked, queues }: MailLook, verdict: MailVerdict, probe?: MailFlow["probe"]): MailFlow {
  const sum = (all: { count: number }[]): number => all.reduce((total, { count }) => total + count, 0);
  return {
    since: isoSeconds(since),
    until: isoSeconds(until),
    received: tracked?.received ?? null,
    delivered: tracked?.delivered ?? null,
    deferred: tracked?.deferred ?? null,
    queues: { messages: sum(queues), waiting: sum(queues) - sum(draining(queues)) },
    verdict,
    ...(probe === undefined ? {} : { probe }),
  };
}

interface Probed {
  outcome: NonNullable<MailFlow["probe"]>;
  messageId?: string;
}

async function startProbe({ host, session }: Watching, probe: NonNullable<MailWatch["probe"]>): Promise<Probed> {
  const messageId = probe.send ? `<${randomUUID()}@pulumi-exchange.invalid>` : undefined;
  const envelope = { sender: probe.sender ?? "", recipient: probe.recipient, ...(messageId === undefined ? {} : { messageId }) };
  try {
    const { accepted } = await probeRecipient(smtpDoor(host, session), { name: session.facts.fqdn }, envelope);
    if (!accepted) return { outcome: "refused" };
    return messageId === undefined ? { outcome: "accepted" } : { outcome: "sent", messageId };
  } catch (error) {
    if (!isExchangeError(error, "PROBE_FAILED", "FORWARDING_REFUSED")) throw error;
    return { outcome: "failed" };
  }
}

/** A message counts when this server handed it on, and where a Mailbox server is known, when it came in there. */
async function outcomeOf(
  { session, organization }: Watching,
  since: Date,
  until: Date,
  { outcome, messageId }: Probed,
): Promise<Probed["outcome"]> {
  if (messageId === undefined) return outcome;
  const here = await quietly(() => trackedSince(session, since, until, messageId));
  if (!here || here.delivered === 0) return outcome;
  if (!organization) return "arrived";
  // its clock may differ a little from this server's
  const from = new Date(since.getTime() - 300_000);
  const there = await quietly(async () => trackedSince(organization, from, await hostTime(organization), messageId));
  return there && there.received + there.delivered > 0 ? "arrived" : outcome;
}

/** `12 messages received, 9 delivered, 0 deferred, 0 in queues: mail runs` */
export function mailWords({ received, delivered, deferred, queues, verdict, probe }: MailFlow): string {
  const counted =
    received === null ? "the tracking log was not counted" : `${received} received, ${delivered ?? 0} delivered, ${deferred ?? 0} deferred`;
  const held = `${queues.messages} in queues${queues.waiting > 0 ? ` (${queues.waiting} waiting for another try)` : ""}`;
  const words = { proven: "mail runs", waits: "mail waits", moving: "mail is on its way", nothing: "nothing came" }[verdict];
  return `${words}: ${counted}, ${held}${probe === undefined ? "" : `; the probe: ${probe}`}`;
}
