/** Queues as Get-Queue shows them. */
import type { Server } from "../server";
import type { Call, Objects } from "./binding";
import { remoting } from "./remoting";

/** Submission, the delivery queues and the shadow queue. // [DOC:queue-properties] */
export function queueObjects(call: Pick<Call, "lab">, server: Server): Objects {
  const { mail, world } = call.lab;
  const base = {
    Identity: "",
    DeliveryType: "Undefined",
    Status: "Ready",
    MessageCount: 0,
    DeferredMessageCount: 0,
    NextHopDomain: "",
    NextHopConnector: "",
    LastError: "",
    NextRetryTime: null as Date | null,
    TlsDomain: null as string | null,
    Velocity: 0,
  };
  const queues = mail.queues.of(server).map((queue) => ({
    ...base,
    Identity: `${server.name}\\${queue.deliveryType === "Unreachable" ? "Unreachable" : queue.number}`,
    DeliveryType: queue.deliveryType,
    Status: queue.status,
    MessageCount: queue.legs.length,
    NextHopDomain: queue.nextHopDomain,
    NextHopConnector: queue.nextHopConnector,
    LastError: queue.lastError,
    NextRetryTime: queue.nextRetry,
    TlsDomain: queue.tlsDomain,
  }));
  const shadows = mail.queues.shadowCount(server, world.clock.time());
  const shadow =
    shadows > 0
      ? [{ ...base, Identity: `${server.name}\\2`, DeliveryType: "ShadowRedundancy", MessageCount: shadows, NextHopDomain: "shadow" }]
      : [];
  return [{ ...base, Identity: `${server.name}\\Submission`, NextHopDomain: "Submission" }, ...queues, ...shadow].map((queue) => ({
    ...queue,
    ...remoting(server),
  }));
}
