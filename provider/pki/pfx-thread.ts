/**
 * Runs PKCS#12 operations in worker threads, so that key derivation never blocks SSH keepalives. A thread is kept for the next
 * operation: its start costs ten times what a usual container costs.
 */
import { availableParallelism } from "node:os";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { ErrorCode, ExchangeError } from "../base/errors";
import type { OpenedContainer } from "./pfx-bags";
import type { ContainerParts } from "./pfx-writer";

export type PfxRequest = { kind: "open"; der: Uint8Array; password: string } | { kind: "write"; parts: ContainerParts };
export type PfxReply = { opened: OpenedContainer } | { written: Uint8Array } | { code: ErrorCode; sentence: string; hint?: string };

/** The dearest container that is allowed takes a few seconds. */
const DEADLINE_MS = 60_000;
/** What is not asked for anything so long has its memory given back. */
const IDLE_MS = 30_000;
const MOST = Math.min(4, availableParallelism());

/** What a thread may do next is heard by whoever has it: who asked, or the list of idle ones. */
interface Listener {
  message(reply: PfxReply): void;
  gone(cause?: unknown): void;
}
interface Thread {
  worker: Worker;
  listener: Listener;
  idle?: NodeJS.Timeout;
}
const nobody: Listener = { message: () => undefined, gone: () => undefined };
const idle: Thread[] = [];
const waiting: (() => void)[] = [];
let threads = 0;

/** Resolves with a thread's reply; its failures become ExchangeErrors. A thread that fails or takes too long is ended. */
export async function runPfxThread(request: PfxRequest): Promise<Exclude<PfxReply, { code: ErrorCode }>> {
  const thread = await borrow();
  let isSound = false;
  try {
    const reply = await ask(thread, request);
    isSound = true;
    if ("code" in reply) throw new ExchangeError(reply.code, reply.sentence, { hint: reply.hint });
    return reply;
  } finally {
    if (isSound) giveBack(thread);
    else await end(thread);
    waiting.shift()?.();
  }
}

async function ask(thread: Thread, request: PfxRequest): Promise<PfxReply> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<PfxReply>((resolve, reject) => {
      const gone = (cause?: unknown): void => reject(new ExchangeError("PFX_UNREADABLE", "The PFX cannot be processed.", { cause }));
      timer = setTimeout(() => reject(new ExchangeError("PFX_TOO_EXPENSIVE", "Opening the PFX took longer than a minute.")), DEADLINE_MS);
      thread.listener = { message: resolve, gone };
      thread.worker.postMessage(request);
    });
  } finally {
    clearTimeout(timer);
    thread.listener = nobody;
  }
}

async function borrow(): Promise<Thread> {
  while (idle.length === 0 && threads >= MOST) await new Promise<void>((resolve) => waiting.push(resolve));
  const kept = idle.pop();
  if (!kept) return start();
  clearTimeout(kept.idle);
  kept.worker.ref();
  return kept;
}

function start(): Thread {
  threads += 1;
  const worker = new Worker(path.join(__dirname, "pfx-worker.js"), {
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  const thread: Thread = { worker, listener: nobody };
  worker.on("message", (reply: PfxReply) => thread.listener.message(reply));
  worker.on("error", (cause) => thread.listener.gone(cause));
  worker.on("exit", () => thread.listener.gone());
  return thread;
}

/** A thread that waits keeps no process alive. */
function giveBack(thread: Thread): void {
  thread.worker.unref();
  thread.idle = setTimeout(() => void retire(thread), IDLE_MS).unref();
  thread.listener = { ...nobody, gone: () => void retire(thread) };
  idle.push(thread);
}

async function retire(thread: Thread): Promise<void> {
  const index = idle.indexOf(thread);
  if (index < 0) return;
  idle.splice(index, 1);
  clearTimeout(thread.idle);
  await end(thread);
}

async function end(thread: Thread): Promise<void> {
  threads -= 1;
  thread.listener = nobody;
  await thread.worker.terminate();
}
