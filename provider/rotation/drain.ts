/** What keeps an Edge out of service inside its window, and the start that takes it back (exchange.md 4.6). */
import { ExchangeError } from "../base/errors";
import { sawTransport } from "../base/edges";
import { note } from "../base/progress";
import type { Shell } from "../exchange/shell";
import { TRANSPORT, transportStatus } from "../exchange/transport";
import type { ServiceInfo } from "../remote/protocol";
import { DRAIN, type Journal } from "./journal";
import { awaitAutomaticStart, restartedSince } from "./reboot";

/** Default of `queueTimeout` in seconds. */
export const QUEUE_TIMEOUT = 600;

/** Stops transport again when something started it inside the window: a restart of the machine undoes a drain. */
export async function ensureDrained(edge: Shell, journal: Journal, signal: AbortSignal): Promise<void> {
  const restarted = restartedSince(journal.state?.drainedBoot ?? null, edge.facts);
  if (restarted) await awaitAutomaticStart(edge, signal);
  // Asked, not remembered: the server may have restarted since, and its connection need not be the one that was cut.
  if ((await transportStatus(edge)).status !== "Stopped") {
    note(`[${edge.facts.name}] transport runs inside the drained window${restarted ? " after a restart" : ""}: stopping it again`);
    await edge.request("service.stop", { name: TRANSPORT });
  }
  if (restarted) await journal.append({ type: "result", step: DRAIN, outcome: "done" });
}

/** Brings transport to Running from `status`, as it was just seen. @throws SERVICE_FAILED */
export async function startTransport(edge: Shell, status: ServiceInfo["status"]): Promise<void> {
  if (status === "Running") return;
  // The reply tells the state that was reached.
  const after = await edge.request(status === "Paused" ? "service.resume" : "service.start", { name: TRANSPORT });
  sawTransport(edge.facts.name, after.status);
  if (after.status !== "Running") {
    throw new ExchangeError("SERVICE_FAILED", `${edge.facts.name}: ${TRANSPORT} is ${after.status} after its start.`, {
      host: edge.facts.name,
    });
  }
}
