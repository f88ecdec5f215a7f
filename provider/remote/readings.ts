/**
 * Answers that still stand. While a resource is at work the same question to the same server is sent once: what was answered stands until
 * this process sends a change to any server, waits, doubts what became of a change, or takes a lease that somebody else may have had in
 * between (rotation.md 12). What moves by itself, as a clock, a service or a queue, is asked each time.
 *
 * What is asked of a server right behind a change goes out with it: a host works one request after the other, so that the answer is a
 * read-back, and it stands once the change was answered well (docs/adr/0024).
 *
 * What was asked of a server after its lease was seen free stands when that lease is taken and nobody had it in between (docs/adr/0028).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { delay } from "../base/clock";
import { isMutation, type Operation } from "./protocol";

/** An answer is no older than a lease, in ms: an operator may be at work beside us. */
const STANDS_MS = 30_000;

/** What only changes by cmdlets, agents and EdgeSync, never by the clock. */
const STANDING: readonly string[] = [
  "Get-ExchangeCertificate",
  "Get-TransportService",
  "Get-SendConnector",
  "Get-ReceiveConnector",
  "Get-EdgeSubscription",
  "Test-EdgeSynchronization",
  "certificate.inspect",
  "chain.status",
  "chain.trust",
  "file.read",
  "file.list",
];

interface Reading {
  at: number;
  /** Grows with every question and change: what was asked behind a change has a greater one. */
  place: number;
  /** Asked through a door: in no order with changes. */
  through: Door | null;
  answer: Promise<unknown>;
}
/** `own`: what it presents is decided by what is done to its own server, so that it stands through changes of others. */
type Door = "own" | "any";
const readings = new Map<string, Reading>();
let operations = 0;
let latest = 0;
/** What goes along with the changes that are sent inside. */
const followers = new AsyncLocalStorage<() => void>();
/** The server whose change has just left: what goes along with it is asked of this server. */
const behind = new AsyncLocalStorage<string>();

/**
 * Runs `change`; `ask` is called as soon as one of its changes is on its way. Its questions to the changed server go right behind; other
 * servers, and doors, are not asked then, because what they say has no order with the change. Callers ask again afterwards, and find what stands.
 */
export function askingBehind<T>(ask: () => unknown, change: () => Promise<T>): Promise<T> {
  const outer = followers.getStore();
  const both = (): void => {
    outer?.();
    ask();
  };
  return followers.run(both, change);
}

/** A question that does not go along with a change; whoever asks ahead asks again. */
class NotAlong extends Error {}

/** Nothing that was answered so far stands any more. */
export function forgetReadings(): void {
  readings.clear();
}

/** A moment among questions and changes: what is asked from now on comes after it. */
export const moment = (): number => latest;

/** Forgets what was asked before `since` says: a moment for each server, 0 where everything stands. */
export function forgetBefore(since: (server: string) => number): void {
  for (const [question, { place }] of readings) if (place <= since(serverOf(question))) readings.delete(question);
}

/** Waits `ms`, or until `signal` aborts: what was looked at before may be different afterwards. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  forgetReadings();
  await delay(ms, signal).finally(forgetReadings);
}

/** A resource's operation: it begins and ends knowing nothing. */
export async function operating<T>(work: () => Promise<T>): Promise<T> {
  forgetReadings();
  operations += 1;
  try {
    return await work();
  } finally {
    operations -= 1;
    forgetReadings();
  }
}

/**
 * The standing answer to a question, which `ask` asks where there is none. A question begins with its server; `through` a door: no agent
 * is asked, so that the answer has no order with a change.
 */
export async function standing<T>(question: string, ask: () => Promise<T>, through: Door | null = null): Promise<T> {
  if (operations === 0) return ask();
  const changed = behind.getStore();
  if (changed !== undefined && (through || !isOf(changed, question))) throw new NotAlong(question);
  const known = readings.get(question);
  // what one caller does to its answer is no other's business
  if (known && performance.now() - known.at <= STANDS_MS) return structuredClone(await known.answer) as T;
  const reading: Reading = { at: performance.now(), place: ++latest, through, answer: ask() };
  readings.set(question, reading);
  try {
    return (await reading.answer) as T;
  } catch (error) {
    if (readings.get(question) === reading) readings.delete(question);
    throw error;
  }
}

/** What was seen through a door just now stands as if it had been asked for. */
export function answered(question: string, answer: unknown, through: Door): void {
  if (operations > 0) readings.set(question, { at: performance.now(), place: ++latest, through, answer: Promise.resolve(answer) });
}

const serverOf = (question: string): string => question.slice(0, question.indexOf(" "));
const isOf = (server: string, question: string): boolean => serverOf(question) === server;

/** Sends a request; `sent` is called when it has its place among the server's requests. */
type Send<T> = (sent: () => void) => Promise<T>;

/** Sends a request, or gives the answer that still stands. `send` is called at once or not at all. */
export function reading<T>(server: string, op: Operation, params: object, send: Send<T>): Promise<T> {
  const { cmdlet, path } = params as { cmdlet?: string; path?: string };
  const call = cmdlet ?? op;
  if (isMutation(op, cmdlet)) return changing(server, send);
  const changed = behind.getStore();
  if (changed !== undefined && changed !== server) return Promise.reject(new NotAlong(call));
  const ask = (): Promise<T> => send(() => undefined);
  // A lease is what others may take at any time.
  if (path?.startsWith("lease/")) return ask();
  if (op.startsWith("file.") && op !== "file.read" && op !== "file.list") return filing(server, ask);
  return STANDING.includes(call) ? standing(`${server} ${op} ${JSON.stringify(params)}`, ask) : ask();
}

async function changing<T>(server: string, send: Send<T>): Promise<T> {
  forgetChanged(server);
  let place = Infinity;
  const sent = (): void => {
    forgetChanged(server);
    place = ++latest;
    const ask = followers.getStore();
    if (ask && operations > 0) behind.run(server, ask);
  };
  try {
    const answer = await send(sent);
    keepBehind(server, place);
    return answer;
  } catch (error) {
    forgetReadings();
    throw error;
  }
}

/** A change may show on any server; a door that is its server's own matter still presents what it did, unless that server is changed. */
function forgetChanged(server: string): void {
  for (const question of readings.keys()) if (!isBeside(server, question)) readings.delete(question);
}
function isBeside(server: string, question: string): boolean {
  return readings.get(question)?.through === "own" && !isOf(server, question);
}

/** What was asked of the changed server behind the change stands, as if it had been asked now. */
function keepBehind(server: string, place: number): void {
  for (const [question, known] of readings) {
    if (isOf(server, question) && !known.through && known.place > place) known.at = performance.now();
    else if (!isBeside(server, question)) readings.delete(question);
  }
}

/** A record that is written says nothing about Exchange. */
async function filing<T>(server: string, send: () => Promise<T>): Promise<T> {
  const forget = (): void => {
    for (const question of readings.keys()) if (question.startsWith(`${server} file.`)) readings.delete(question);
  };
  forget();
  return send().finally(forget);
}
