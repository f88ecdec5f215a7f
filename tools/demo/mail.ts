/** Mail from outside to the MX pair while the certificates rotate. */
import { setTimeout as pause } from "node:timers/promises";
import { type MailCount, MailStream } from "../../lab/mailstream";
import type { LabProcess } from "./lab";

const INTERVAL_MS = 250;
/** Mails that wait in a queue get this long to arrive once the last one was sent. */
const DRAIN_MS = 60_000;
const POLL_MS = 200;

/** Who gets all mail of the demo. */
export const RECIPIENT = "postmaster@contoso.com";
export const MAILS_PER_SECOND = 1000 / INTERVAL_MS;

export function startMail(lab: LabProcess): MailStream {
  const hosts = lab.ready.hosts.filter(({ role }) => role === "Edge").map(({ smtp }) => smtp);
  const stream = new MailStream({ hosts, to: RECIPIENT, intervalMs: INTERVAL_MS });
  stream.start();
  return stream;
}

/** Stops sending and counts what arrived, as soon as everything has or time is up. */
export async function endMail(stream: MailStream, lab: LabProcess): Promise<MailCount> {
  const deadline = Date.now() + DRAIN_MS;
  await stream.stop(DRAIN_MS);
  for (;;) {
    const count = stream.count((await lab.deliveries()).map(({ id }) => id));
    if (count.lost === 0 || Date.now() > deadline) return count;
    await pause(POLL_MS);
  }
}
