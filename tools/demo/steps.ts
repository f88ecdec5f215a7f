/** One Pulumi operation with everything that is measured around it. */
import type { OpMap, Stack } from "@pulumi/pulumi/automation";
import type { HistoryEntry } from "../../lab/doors/history";
import { type Drift, Listener, type Pending } from "./events";
import type { LabProcess } from "./lab";
import { counted, type Say, seconds } from "./text";

export type Operation = "up" | "preview" | "refresh" | "destroy";

/** How often something happened, by server. */
export type PerHost = { [server: string]: number };

export interface StepReport {
  name: string;
  operation: Operation;
  /** Pulumi's own count, by kind of change. */
  changes: OpMap;
  seconds: number;
  /** Calls that changed Exchange or its services. */
  mutating: number;
  /** SSH connections that were opened. */
  connections: PerHost;
  /** PowerShell processes that were started. */
  processes: PerHost;
}

export interface StepResult extends StepReport {
  pending: Pending[];
  drift: Drift[];
  /** What Pulumi itself printed. */
  stdout: string;
}

export interface Stage {
  stack: Stack;
  lab: LabProcess;
  say: Say;
  signal: AbortSignal;
}

/** Runs one operation; throws with Pulumi's own text when it fails. */
export async function runStep(stage: Stage, name: string, operation: Operation): Promise<StepResult> {
  const { lab, say, signal } = stage;
  signal.throwIfAborted();
  const before = await measure(lab);
  const started = Date.now();
  const listener = new Listener(operation, (line) => say(`   ${line}`));
  const { changes, stdout } = await carryOut(stage, operation, listener).catch((error: unknown) => {
    throw failed(name, operation, listener, error as Error);
  });
  listener.close();
  const took = Date.now() - started;
  const after = await measure(lab);
  const fresh = after.history.slice(before.history.length).filter(({ session }) => session !== "operator");
  const result: StepResult = {
    name,
    operation,
    changes,
    seconds: Math.round(took / 100) / 10,
    mutating: fresh.filter(({ mutating }) => mutating).length,
    connections: since(before.connections, after.connections),
    processes: processesOf(fresh),
    pending: listener.pending,
    drift: listener.drift,
    stdout,
  };
  if (operation !== "preview") say(`   ${summary(result)}`);
  return result;
}

/** The Automation API listens for an abort only once it has started Pulumi: one that came before must not be lost. */
function neverTooLate(signal: AbortSignal): AbortSignal {
  const addEventListener = (type: string, listener: () => void): void => {
    if (signal.aborted) listener();
    else signal.addEventListener(type, listener);
  };
  return Object.create(signal, { addEventListener: { value: addEventListener } }) as AbortSignal;
}

async function carryOut({ stack, signal }: Stage, operation: Operation, listener: Listener): Promise<{ changes: OpMap; stdout: string }> {
  const options = {
    color: "never" as const,
    suppressProgress: true,
    signal: neverTooLate(signal),
    onEvent: (event: Parameters<Listener["take"]>[0]) => listener.take(event),
  };
  if (operation === "preview") {
    const { changeSummary, stdout } = await stack.preview(options);
    return { changes: changeSummary, stdout };
  }
  const { summary: done, stdout } = await stack[operation](options);
  return { changes: done.resourceChanges ?? {}, stdout };
}

/** The provider's sentences; Pulumi's own message repeats all its output. */
function failed(name: string, operation: Operation, listener: Listener, error: Error): Error {
  listener.close();
  const sentences = listener.errors.filter((line) => !/^(update failed|\d+ errors? occurred:)$/.test(line));
  const why = sentences.length > 0 ? sentences.join(" ") : error.message;
  return new Error(`${name}: pulumi ${operation} failed: ${why}`, { cause: error });
}

async function measure(lab: LabProcess) {
  const [history, connections] = await Promise.all([lab.history(), lab.connections()]);
  return { history, connections: perHost(connections.map(({ host }) => host)) };
}

/** What came since then; hosts without are left out. */
function since(before: PerHost, after: PerHost): PerHost {
  const fresh = Object.entries(after).map(([host, count]) => [host, count - (before[host] ?? 0)] as const);
  return Object.fromEntries(fresh.filter(([, count]) => count > 0));
}

function perHost(hosts: readonly string[]): PerHost {
  const found: PerHost = {};
  for (const host of hosts) found[host] = (found[host] ?? 0) + 1;
  return found;
}

export function processesOf(entries: readonly HistoryEntry[]): PerHost {
  const sessions = new Map(entries.filter(({ session }) => session !== "operator").map(({ session, host }) => [session, host]));
  return perHost([...sessions.values()]);
}

/** Pulumi's kinds of change: [what a preview announces, what an operation did]. */
const WORDS: { [kind: string]: [coming: string, done: string] } = {
  create: ["to create", "created"],
  update: ["to update", "updated"],
  replace: ["to replace", "replaced"],
  delete: ["to delete", "deleted"],
  same: ["unchanged", "unchanged"],
};

/** `5 updated, 3 replaced, 4 unchanged · 27 changes on Exchange · 3 connections · 17.9 s` */
export function summary({ operation, changes, mutating, connections, seconds: took }: StepReport): string {
  const kinds = Object.keys(WORDS).filter((kind) => (changes as { [kind: string]: number })[kind]);
  const parts = kinds.map((kind) => `${(changes as { [kind: string]: number })[kind]} ${WORDS[kind][operation === "preview" ? 0 : 1]}`);
  const reached = Object.values(connections).reduce((sum, count) => sum + count, 0);
  const onExchange = mutating === 0 ? "nothing changed on Exchange" : `${counted(mutating, "change")} on Exchange`;
  return [parts.join(", "), onExchange, counted(reached, "connection"), seconds(took * 1000)].join(" · ");
}
