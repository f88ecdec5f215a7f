/** The events that `doctor` knows, out of a server's log. */
import { knownEvents } from "../exchange/symptoms";
import type { EventRecord } from "../remote/protocol";
import type { HostSession } from "../remote/sessions";

/** The agent takes at most 20 ids and 1000 events a call. */
const MAX_IDS = 20;
const MAX_EVENTS = 1000;

/** By time, the oldest first. */
export async function readKnownEvents(session: HostSession, from: Date): Promise<EventRecord[]> {
  const found: EventRecord[] = [];
  for (const [source, ids] of knownEvents()) {
    for (let at = 0; at < ids.length; at += MAX_IDS) {
      const params = { since: from.toISOString(), sources: [source], ids: ids.slice(at, at + MAX_IDS), max: MAX_EVENTS };
      found.push(...(await session.request("events.read", params)).events);
    }
  }
  return found.sort((a, b) => (a.utc < b.utc ? -1 : a.utc > b.utc ? 1 : a.id - b.id));
}
