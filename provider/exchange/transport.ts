/** Transport and its queues: status, drain, start (exchange.md 4.6, 5.1). */
import { sawTransport } from "../base/edges";
import type { ServiceInfo } from "../remote/protocol";
import { standing } from "../remote/readings";
import { text, type Shell } from "./shell";

export const TRANSPORT = "MSExchangeTransport";
export const ADLDS = "ADAM_MSExchange";
/** Certificate cmdlets are calls to it (exchange.md 15.1). */
export const SERVICE_HOST = "MSExchangeServiceHost";
export const EDGE_SYNC = "MSExchangeEdgeSync";

export async function transportStatus(shell: Shell): Promise<ServiceInfo> {
  const info = await shell.request("service.status", { name: TRANSPORT });
  if (shell.facts.role === "Edge") sawTransport(shell.facts.name, info.status);
  return info;
}

/** As it was seen since anything was last changed: where it has to be certain, `transportStatus` asks. */
export function transportSeen(shell: Shell): Promise<ServiceInfo> {
  return standing(`${shell.facts.fqdn.toLowerCase()} transport`, () => transportStatus(shell));
}

export interface Queue {
  identity: string;
  status: string;
  count: number;
  nextHop: string;
  lastError: string;
  deliveryType: string;
}

/** Queues that hold mail; shadow and poison queues are not drained by design and do not count (exchange.md 4.6). */
export async function filledQueues(shell: Shell): Promise<Queue[]> {
  const select = ["Identity", "DeliveryType", "Status", "MessageCount", "NextHopDomain", "LastError"];
  const { objects } = await shell.invoke("Get-Queue", {}, select);
  return objects
    .map((object) => ({
      identity: text(object.Identity),
      status: text(object.Status),
      count: Number(object.MessageCount ?? 0),
      nextHop: text(object.NextHopDomain),
      lastError: text(object.LastError),
      deliveryType: text(object.DeliveryType),
    }))
    .filter((queue) => queue.count > 0 && !/shadow|poison/i.test(`${queue.deliveryType} ${queue.identity}`));
}

/** Queues that may still empty by themselves: a queue in Retry does not block a drain (rotation.md 4). */
export function draining<Q extends Pick<Queue, "status">>(queues: readonly Q[]): Q[] {
  return queues.filter((queue) => !/^(Retry|Suspended)$/i.test(queue.status));
}
