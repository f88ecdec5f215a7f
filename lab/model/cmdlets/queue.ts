/** Get-Queue. // 4.6 */
import type { Server } from "../server";
import type { Call, Cmdlet, Objects } from "./binding";
import { remoting } from "./remoting";
import { notFound, taskError } from "./errors";
import { parseFilter } from "./queueFilter";

export const getQueue: Cmdlet = {
  name: "Get-Queue",
  parameters: () => ({ Identity: "string", Server: "string", Filter: "string", Exclude: "strings", Include: "strings", ResultSize: "any" }),
  exclusive: [["Identity", "Server"]],
  run(call) {
    const named = (call.values.Server as string | undefined) ?? (call.values.Identity as string | undefined)?.split("\\")[0];
    const server = named ? call.lab.world.findServer(named) : call.server;
    if (!server || (server !== call.server && (call.server.role === "Edge" || server.role === "Edge")))
      throw notFound(call.cmdlet, named ?? "");
    const status = server.service("MSExchangeTransport")?.status;
    if (status !== "Running" && status !== "Paused")
      throw taskError(
        call.cmdlet,
        "Microsoft.Exchange.Data.LocalizedException",
        "ReadError",
        `The Queue Viewer operation on computer '${server.name}' has failed with exception. The error message is: Error: 0x6d9 (There are no more endpoints available from the endpoint mapper).`,
      );
    const wanted = (call.values.Identity as string | undefined)?.split("\\")[1]?.toLowerCase();
    const all = queueObjects(call, server).filter((queue) => !wanted || String(queue.Identity).split("\\")[1].toLowerCase() === wanted);
    if (wanted && all.length === 0) throw notFound(call.cmdlet, String(call.values.Identity));
    const kept = all.filter((queue) => included(call, queue) && filter(call)(queue));
    return typeof call.values.ResultSize === "number" ? kept.slice(0, call.values.ResultSize) : kept;
  },
};

function filter(call: Call): (queue: Objects[number]) => boolean {
  const text = call.values.Filter as string | undefined;
  const test = text ? parseFilter(text) : () => true;
  if (test) return test;
  throw taskError(call.cmdlet, "System.ArgumentException", "InvalidArgument", `The filter '${text}' is not valid.`);
}

/** `-Exclude` and `-Include`: Internal, External, Empty and delivery types. // [PS:Get-Queue] */
function included({ values }: Call, queue: Objects[number]): boolean {
  const means = (word: string): boolean => {
    const internal = ["ShadowRedundancy", "Undefined", "SmtpRelayToConnectorSourceServers"].includes(String(queue.DeliveryType));
    const lower = word.toLowerCase();
    if (lower === "internal") return internal;
    if (lower === "external") return !internal;
    return lower === "empty" ? queue.MessageCount === 0 : lower === String(queue.DeliveryType).toLowerCase();
  };
  const include = values.Include as string[] | undefined;
  const exclude = values.Exclude as string[] | undefined;
  return (!include || include.some(means)) && !exclude?.some(means);
}

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
