/**
 * Out of service and back: suspend (no new connections, the queue empties), wait, stop; later start (exchange.md 4.6).
 * Retry queues do not block; when the wait ends transport is stopped with a warning, because queues persist.
 */
import { delay } from "../base/clock";
import { ExchangeError } from "../base/errors";
import { note, warn } from "../base/progress";
import type { Shell } from "../exchange/shell";
import { draining, filledQueues, TRANSPORT, transportStatus } from "../exchange/transport";
import type { Step } from "./engine";
import { DRAIN, type Journal } from "./journal";
import { awaitAutomaticStart, restartedSince } from "./reboot";

/** Default of `queueTimeout` in seconds. */
export const QUEUE_TIMEOUT = 600;

export function drainStep(edge: Shell, journal: Journal | null, queueTimeout: number, signal: AbortSignal): Step {
  // Looked at before the step writes its own intent: that one counts for the present boot.
  let restarted = restartedSince(journal?.state?.drainedBoot ?? null, edge.facts);
  return {
    id: DRAIN,
    text: `drain: suspend ${TRANSPORT}, let the queues empty, stop`,
    probe: async () => !restarted && (await transportStatus(edge)).status === "Stopped",
    run: async () => {
      if (restarted) await awaitAutomaticStart(edge, signal);
      restarted = false;
      await drain(edge, queueTimeout, signal);
    },
  };
}

async function drain(edge: Shell, queueTimeout: number, signal: AbortSignal): Promise<void> {
  const before = await transportStatus(edge);
  if (before.status === "Running") await edge.request("service.suspend", { name: TRANSPORT });
  if (before.status !== "Stopped") await emptyQueues(edge, queueTimeout, signal);
  await edge.request("service.stop", { name: TRANSPORT });
}

async function emptyQueues(edge: Shell, queueTimeout: number, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + queueTimeout * 1000;
  for (let pause = 250; ; pause = Math.min(pause * 2, 5_000)) {
    const waiting = draining(await filledQueues(edge));
    if (waiting.length === 0) return;
    if (Date.now() >= deadline) {
      const named = waiting.map((queue) => `${queue.identity} (${queue.count})`).join(", ");
      warn(`${edge.facts.name}: queues did not empty within ${queueTimeout} s and are kept on disk: ${named}`);
      return;
    }
    await delay(pause, signal);
  }
}

/** Stops transport again when something started it inside the window: a restart of the machine undoes a drain. */
export async function ensureDrained(edge: Shell, journal: Journal, signal: AbortSignal): Promise<void> {
  const restarted = restartedSince(journal.state?.drainedBoot ?? null, edge.facts);
  if (restarted) await awaitAutomaticStart(edge, signal);
  if ((await transportStatus(edge)).status !== "Stopped") {
    note(`[${edge.facts.name}] transport runs inside the drained window${restarted ? " after a restart" : ""}: stopping it again`);
    await edge.request("service.stop", { name: TRANSPORT });
  }
  if (restarted) await journal.append({ type: "result", step: DRAIN, outcome: "done" });
}

/** Brings transport to Running from Stopped or Paused. @throws SERVICE_FAILED */
export async function startTransport(edge: Shell): Promise<void> {
  const { status } = await transportStatus(edge);
  if (status === "Paused") await edge.request("service.resume", { name: TRANSPORT });
  else if (status !== "Running") await edge.request("service.start", { name: TRANSPORT });
  const after = await transportStatus(edge);
  if (after.status !== "Running") {
    throw new ExchangeError("SERVICE_FAILED", `${edge.facts.name}: ${TRANSPORT} is ${after.status} after its start.`, {
      host: edge.facts.name,
    });
  }
}
