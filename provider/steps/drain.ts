/**
 * `drain`: suspend (no new connections, the queue empties), wait, stop (exchange.md 4.6). Retry queues do not block; when the wait ends
 * transport is stopped with a warning, because queues persist.
 */
import { warn } from "../base/progress";
import type { Shell } from "../exchange/shell";
import { draining, filledQueues, TRANSPORT, transportSeen, transportStatus, type Queue } from "../exchange/transport";
import type { ServiceInfo } from "../remote/protocol";
import type { Last, Step } from "../rotation/engine";
import { DRAIN, type Journal } from "../rotation/journal";
import { awaitAutomaticStart, restartedSince } from "../rotation/reboot";
import { askingBehind, pause } from "../remote/readings";

export function drainStep(edge: Shell, journal: Journal | null, queueTimeout: number, signal: AbortSignal): Step {
  // Looked at before the step writes its own intent: that one counts for the present boot.
  let restarted = restartedSince(journal?.state?.drainedBoot ?? null, edge.facts);
  let seen: ServiceInfo["status"] | undefined;
  return {
    id: DRAIN,
    text: `drain: suspend ${TRANSPORT}, let the queues empty, stop`,
    probe: async () => {
      if (restarted) return false;
      seen = (await transportSeen(edge)).status;
      return seen === "Stopped";
    },
    ahead: () => transportSeen(edge),
    run: async (last) => {
      if (restarted) await awaitAutomaticStart(edge, signal);
      const status = restarted || !seen ? (await transportStatus(edge)).status : seen;
      restarted = false;
      await drain(edge, status, queueTimeout, signal, last);
    },
  };
}

async function drain(edge: Shell, before: ServiceInfo["status"], queueTimeout: number, signal: AbortSignal, last: Last): Promise<void> {
  const queues = before === "Running" ? await suspend(edge) : undefined;
  if (before !== "Stopped") await emptyQueues(edge, queueTimeout, signal, queues);
  await last(() => edge.request("service.stop", { name: TRANSPORT }));
}

/** The first look at the queues goes right behind the suspension. */
async function suspend(edge: Shell): Promise<Queue[] | undefined> {
  let asked: Promise<Queue[] | undefined> | undefined;
  await askingBehind(
    () => (asked = filledQueues(edge).catch(() => undefined)),
    () => edge.request("service.suspend", { name: TRANSPORT }),
  );
  return asked;
}

async function emptyQueues(edge: Shell, queueTimeout: number, signal: AbortSignal, seen?: Queue[]): Promise<void> {
  const deadline = Date.now() + queueTimeout * 1000;
  for (let ms = 250; ; ms = Math.min(ms * 2, 5_000)) {
    const waiting = draining(seen ?? (await filledQueues(edge)));
    seen = undefined;
    if (waiting.length === 0) return;
    if (Date.now() >= deadline) {
      const named = waiting.map((queue) => `${queue.identity} (${queue.count})`).join(", ");
      warn(`${edge.facts.name}: queues did not empty within ${queueTimeout} s and are kept on disk: ${named}`);
      return;
    }
    await pause(ms, signal);
  }
}
