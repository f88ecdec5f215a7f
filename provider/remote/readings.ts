/**
 * Answers that still stand. While a resource is at work the same question to the same server is sent once: what was answered stands until
 * this process sends a change to any server, waits, doubts what became of a change, or takes a lease that somebody else may have had in
 * between (rotation.md 12). What moves by itself, as a clock, a service or a queue, is asked each time.
 */
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
];

interface Reading {
  at: number;
  answer: Promise<unknown>;
}
const readings = new Map<string, Reading>();
let operations = 0;

/** Nothing that was answered so far stands any more. */
export function forgetReadings(): void {
  readings.clear();
}

/** What these servers answered stands; of the others nobody knows what another run has done since. */
export function forgetAllBut(servers: ReadonlySet<string>): void {
  for (const question of readings.keys()) if (!servers.has(question.slice(0, question.indexOf(" ")))) readings.delete(question);
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

/** The standing answer to a question, which `ask` asks where there is none. */
export async function standing<T>(question: string, ask: () => Promise<T>): Promise<T> {
  if (operations === 0) return ask();
  const known = readings.get(question);
  // what one caller does to its answer is no other's business
  if (known && performance.now() - known.at <= STANDS_MS) return structuredClone(await known.answer) as T;
  const reading: Reading = { at: performance.now(), answer: ask() };
  readings.set(question, reading);
  try {
    return (await reading.answer) as T;
  } catch (error) {
    if (readings.get(question) === reading) readings.delete(question);
    throw error;
  }
}

/** What was seen just now stands as if it had been asked for. */
export function answered(question: string, answer: unknown): void {
  if (operations > 0) readings.set(question, { at: performance.now(), answer: Promise.resolve(answer) });
}

/** Sends a request, or gives the answer that still stands. `send` is called at once or not at all. */
export function reading<T>(server: string, op: Operation, params: object, send: () => Promise<T>): Promise<T> {
  const { cmdlet, path } = params as { cmdlet?: string; path?: string };
  const call = cmdlet ?? op;
  if (isMutation(op, cmdlet)) return changing(send);
  // A lease is what others may take at any time.
  if (path?.startsWith("lease/")) return send();
  if (op.startsWith("file.") && op !== "file.read" && op !== "file.list") return filing(server, send);
  return STANDING.includes(call) ? standing(`${server} ${op} ${JSON.stringify(params)}`, send) : send();
}

async function changing<T>(send: () => Promise<T>): Promise<T> {
  forgetReadings();
  return send().finally(forgetReadings);
}

/** A record that is written says nothing about Exchange. */
async function filing<T>(server: string, send: () => Promise<T>): Promise<T> {
  const forget = (): void => {
    for (const question of readings.keys()) if (question.startsWith(`${server} file.`)) readings.delete(question);
  };
  forget();
  return send().finally(forget);
}
