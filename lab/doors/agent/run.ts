/** One request from the fence check to its reply, with history, faults and idempotency keys. */
import { OPERATIONS as RULES, type AgentErrorClass, type Operation, type Reply } from "../../../provider/remote/protocol";
import type { FaultPoint, FaultSpec } from "../faults";
import type { HistoryEntry } from "../history";
import type { Host } from "../host";
import { callName, describeParameters, mutates } from "./describe";
import { AgentFailure, asAgentError } from "./failure";
import { OPERATIONS, type OperationContext } from "./operations";
import type { Params, Request } from "./requests";

/** What a request needs of its process. */
export interface Running {
  readonly host: Host;
  readonly session: string;
  readonly pid: number;
  /** Whether somebody still listens to the process. */
  readonly heard: boolean;
  fault(hits: FaultSpec[], at: FaultPoint, reply: string | null): Promise<FaultSpec | undefined>;
}

/** How many replies a host keeps for idempotency keys. */
const MAX_STORED = 1000;

/** Class of what the model throws bare, and of a simulated error. */
function errorClass(op: Operation): AgentErrorClass {
  if (op === "invoke") return "CmdletFailed";
  if (op.startsWith("file.")) return "FileFailed";
  if (op.startsWith("service.")) return "ServiceFailed";
  if (op === "certificate.remove" || op === "certificate.removeReplaced") return "GuardRefused";
  if (op === "certreq.submit" || op === "certreq.retrieve" || op === "certificate.makeSelfSigned") return "ExecutableFailed";
  if (op === "shell.open") return "ShellUnavailable";
  return "Internal";
}

/** Answers a request; throws only when the process ends meanwhile. Order of checks: docs/agent-protocol.md 3. */
export async function runRequest(process: Running, context: OperationContext, request: Request): Promise<Reply> {
  const refused = unfenced(request) ?? (await withoutShell(context, request)) ?? outdated(process.host, request);
  if (refused) return failed(process, begin(process, request, false), request.id, refused);
  const run = (): Promise<Reply> => perform(process, context, request);
  if (!fenced(request)) return run();
  if (request.fence !== undefined) process.host.raiseFence(request.fence);
  return once(process.host, request, run);
}

const NEW_OPERATIONS: readonly Operation[] = [
  "chain.trust",
  "certificate.removeReplaced",
  "certificate.makeSelfSigned",
  "certreq.retrieve",
  "tracking.count",
  "httpsys.bindings",
];

/** Whether the host's agent is one of before (toggle). */
export const isOfBefore = (host: Host): boolean => host.services.organisation.toggles.agentOperations === "before";

/** Whether the host's agent has an operation; an agent of before lacks the new ones. */
export const knows = (host: Host, op: Operation): boolean => !isOfBefore(host) || !NEW_OPERATIONS.includes(op);

const FILE_WRITES: readonly Operation[] = ["file.write", "file.append", "file.createNew", "file.remove"];

/** Mutations need a fence; for writes into the working folder one is checked when it is given. */
const fenced = (request: Request): boolean => mutates(request) || FILE_WRITES.includes(request.op);

function unfenced(request: Request): AgentFailure | undefined {
  if (request.fence !== undefined || !mutates(request)) return undefined;
  return new AgentFailure("FenceRequired", `${callName(request)} needs a fence.`);
}

function outdated(host: Host, request: Request): AgentFailure | undefined {
  const { fence } = request;
  if (fence === undefined || fence >= host.fence || !fenced(request)) return undefined;
  return new AgentFailure("Fenced", `Fence ${fence} is lower than ${host.fence}, the highest seen on this host.`);
}

/** Cmdlets need Exchange's shell, and so do the removals, which ask Exchange for the default certificate. */
async function withoutShell({ shell }: OperationContext, { op }: Request): Promise<AgentFailure | undefined> {
  if (op === "shell.open" || !RULES[op].shell) return undefined;
  try {
    await shell.open();
    return undefined;
  } catch (error) {
    if (error instanceof AgentFailure) return error;
    throw error;
  }
}

/** Runs a keyed change, or gives the reply of the time it succeeded (waiting for an orphan that is still at it). */
async function once(host: Host, request: Request, run: () => Promise<Reply>): Promise<Reply> {
  const stored = request.key === undefined ? undefined : host.replies.get(request.key);
  if (!stored) return run();
  if (stored.request !== callName(request)) {
    throw new AgentFailure("BadRequest", `This key belongs to another call: ${stored.request}.`);
  }
  const reply = await stored.reply.catch(() => undefined);
  return reply ? { ...reply, id: request.id } : run();
}

/** Remembers a keyed change from its start; forgets it when it failed or never ran. */
function remember(host: Host, request: Request, reply: Promise<Reply | undefined>): void {
  const { key } = request;
  if (key === undefined || !fenced(request)) return;
  const succeeded = reply.then((value) => (value?.ok ? value : Promise.reject(new Error("not done"))));
  succeeded.catch(() => host.replies.delete(key));
  host.replies.set(key, { request: callName(request), reply: succeeded });
  const oldest = host.replies.keys().next().value;
  if (host.replies.size > MAX_STORED && oldest !== undefined) host.replies.delete(oldest);
}

function begin({ host, session, pid }: Running, request: Request, mutating: boolean): HistoryEntry {
  return host.services.history.begin({
    host: host.name,
    session,
    pid,
    fence: request.fence ?? null,
    cmdlet: callName(request),
    parameters: describeParameters(request),
    mutating,
    utc: host.services.organisation.now(host.name).toISOString(),
  });
}

async function perform(process: Running, context: OperationContext, request: Request): Promise<Reply> {
  const { host } = process;
  const entry = begin(process, request, mutates(request));
  const hits = host.services.faults.match(host, callName(request));
  let early: FaultSpec | undefined;
  const running = (async () => {
    early = await process.fault(hits, "before", null);
    if (early) return undefined;
    return mutates(request) ? host.exclusively(() => change(process, context, request, entry)) : change(process, context, request, entry);
  })();
  remember(host, request, running);
  const reply = await running;
  if (!reply) return failed(process, entry, request.id, simulated(early!, request));
  const late = (await process.fault(hits, "after", null)) ?? (await process.fault(hits, "reply", JSON.stringify(reply)));
  if (late) return failed(process, entry, request.id, simulated(late, request));
  complete(process, entry, reply);
  return reply;
}

/** A change that waited for another process looks at the fence once more; a file is written right after the look. */
function change(process: Running, context: OperationContext, request: Request, entry: HistoryEntry): Promise<Reply> {
  const refused = outdated(process.host, request);
  return refused ? Promise.resolve(failed(process, entry, request.id, refused)) : execute(context, request, entry);
}

async function execute(context: OperationContext, request: Request, entry: HistoryEntry): Promise<Reply> {
  const handler = OPERATIONS[request.op] as (c: OperationContext, p: Params<Operation>) => unknown;
  try {
    const value = await handler(context, request.params);
    entry.executed = true;
    return { id: request.id, ok: true, value };
  } catch (error) {
    return { id: request.id, ok: false, error: asAgentError(error, errorClass(request.op)) };
  }
}

function simulated(fault: FaultSpec, { op }: Request): AgentFailure {
  const message = fault.message ?? "The operation could not be completed (simulated).";
  if (op !== "invoke") return new AgentFailure(errorClass(op), message);
  return new AgentFailure("CmdletFailed", message, {
    type: "Microsoft.Exchange.Data.DataSourceOperationException",
    fqid: "SimulatedFault",
    category: "NotSpecified",
  });
}

function failed(process: Running, entry: HistoryEntry, id: number, error: AgentFailure): Reply {
  const reply: Reply = { id, ok: false, error: asAgentError(error) };
  complete(process, entry, reply);
  return reply;
}

/** The outcome as the caller learns it; an orphan's caller learns nothing. */
function complete(process: Running, entry: HistoryEntry, reply: Reply): void {
  if (!process.heard) return;
  entry.outcome = reply.ok ? "ok" : "error";
  if (!reply.ok) entry.error = reply.error.class;
}
