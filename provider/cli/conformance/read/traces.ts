/** What earlier days have left behind: events and queues. */
import { DAY_MS } from "../../../base/clock";
import { hostTime } from "../../../exchange/clocks";
import { text } from "../../../exchange/shell";
import type { EventRecord } from "../../../remote/protocol";
import { notSeen, seen, type Answer } from "../answers";
import type { Server } from "../servers";
import { EVERYBODY, MAILBOX, type ReadQuestion } from "./question";

/** How far back the logs are read. */
export const EVENT_DAYS = 30;

export async function eventsOf({ session }: Server, source: string, ids: number[]): Promise<EventRecord[]> {
  const since = new Date(new Date(session.facts.utc).getTime() - EVENT_DAYS * DAY_MS).toISOString();
  return (await session.request("events.read", { since, sources: [source], ids, max: 100 })).events;
}

const LEVELS: { [value: string]: { [id: number]: EventRecord["level"] } } = {
  build: { 10104: "Error", 1032: "Warning" },
  articles: { 10104: "Warning", 1032: "Error" },
};

async function edgeSyncLevels(server: Server): Promise<Answer> {
  const events = await eventsOf(server, "MSExchange EdgeSync", [10104, 1032]);
  if (events.length === 0) return notSeen(`neither 10104 nor 1032 in ${EVENT_DAYS} days`);
  const words = [...new Set(events.map(({ id, level }) => `${id} is ${level}`))].sort().join(", ");
  const value = Object.keys(LEVELS).find((one) => events.every(({ id, level }) => LEVELS[one][id] === level));
  return value === undefined ? notSeen(words) : seen(value, words);
}

const DATE = /\d{4}-\d\d-\d\d|\d{1,4}[./]\s?\d{1,2}[./]\s?\d{1,4}/;
const THUMBPRINT = /[0-9a-f]{40}/gi;

/** Whatever the language: behind the thumbprint stands a date, or a number alone. */
export function tailOf12018(printed: string): "date" | "hours" | null {
  const at = [...printed.matchAll(THUMBPRINT)].at(-1);
  if (!at) return null;
  const tail = printed.slice(at.index + at[0].length);
  if (DATE.test(tail)) return "date";
  return /(^|[^\d.])\d{1,4}([^\d]|$)/.test(tail) ? "hours" : null;
}

async function expiresSoonText(server: Server): Promise<Answer> {
  const events = await eventsOf(server, "MSExchangeTransport", [12018]);
  if (events.length === 0) return notSeen(`no 12018 in ${EVENT_DAYS} days`);
  const tails = [...new Set(events.map((event) => tailOf12018(event.text)))];
  if (tails.length !== 1 || tails[0] === null) return notSeen("12018 has another form");
  return seen(tails[0], tails[0] === "date" ? "a date behind the thumbprint of 12018" : "a number of hours behind the thumbprint of 12018");
}

async function shadowQueues({ session }: Server): Promise<Answer> {
  const { objects } = await session.invoke("Get-Queue", {}, ["Identity", "DeliveryType"]);
  const shadows = objects.filter(({ DeliveryType, Identity }) => /^Shadow/i.test(text(DeliveryType)) || /\\Shadow\\/i.test(text(Identity)));
  if (shadows.length > 0) return seen(true, `${shadows.length} shadow queues`);
  if (!(await handedOnNow(session)))
    return notSeen(`no shadow queue among ${objects.length}, and no mail was handed on in the last minute`);
  return seen(false, "no shadow queue although mail was handed on to another server in the last minute");
}

/** Whether this server gave mail to another one within the last minute: its copy is kept longer than that. */
async function handedOnNow(session: Server["session"]): Promise<boolean> {
  const until = new Date((await hostTime(session)).getTime() + 1000);
  const since = new Date(until.getTime() - 61_000);
  const { events } = await session.request("tracking.count", { since: since.toISOString(), until: until.toISOString() });
  return events.some(({ eventId, source, count }) => eventId === "SEND" && source === "SMTP" && count > 0);
}

export const TRACE_QUESTIONS: readonly ReadQuestion[] = [
  { point: "edgeSyncLevels", of: MAILBOX, ask: edgeSyncLevels },
  { point: "expiresSoonText", of: EVERYBODY, ask: expiresSoonText },
  { point: "shadowQueues", of: EVERYBODY, ask: shadowQueues },
];
