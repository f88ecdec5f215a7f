/** Which queues a cmdlet means: `Server\Queue` or `Queue`, by number, name or next hop. // [PS:Get-Queue], [DOC:queues-and-messages-in-powershell] */
import type { Queue } from "../queues";
import type { Server } from "../server";
import type { Call, Objects } from "./binding";
import { notFound, taskError } from "./errors";
import { queueObjects } from "./queueObjects";
import { parseFilter } from "./queueFilter";

/** The server whose queues are meant. An Edge knows itself alone, and nobody else its queues. */
export function queueServer(call: Call, named = call.values.Server as string | undefined): Server {
  const { world } = call.lab;
  const server = named ? world.findServer(named) : call.server;
  if (!server || (server !== call.server && (call.server.role === "Edge" || server.role === "Edge")))
    throw notFound(call.cmdlet, named ?? "");
  const status = server.service("MSExchangeTransport")?.status;
  if (status === "Running" || status === "Paused") return server;
  throw taskError(
    call.cmdlet,
    "Microsoft.Exchange.Data.LocalizedException",
    "ReadError",
    `The Queue Viewer operation on computer '${server.name}' has failed with exception. The error message is: Error: 0x6d9 (There are no more endpoints available from the endpoint mapper).`,
  );
}

/** `EDGE01\3`, `EDGE01\contoso.com`, `Unreachable`; a server's name alone is all of its queues. */
export function splitIdentity(call: Call, identity: string): { server?: string; queue?: string } {
  const [first, second] = identity.split("\\");
  if (second !== undefined) return { server: first, queue: second };
  return call.lab.world.findServer(first) ? { server: first } : { queue: first };
}

/** A queue's own name, or the domain that it is for. */
export function isNamed(queue: Objects[number], wanted: string | undefined): boolean {
  const own = [String(queue.Identity).split("\\")[1], String(queue.NextHopDomain)];
  return wanted === undefined || own.some((name) => name.toLowerCase() === wanted.toLowerCase());
}

/** What `-Filter` lets through. */
export function filterOf(call: Call): (bag: Objects[number]) => boolean {
  const text = call.values.Filter as string | undefined;
  const test = text ? parseFilter(text) : () => true;
  if (test) return test;
  throw taskError(call.cmdlet, "System.ArgumentException", "InvalidArgument", `The filter '${text}' is not valid.`);
}

/** Delivery queues that `-Identity` or `-Filter` means. The identity has to be that of one queue. // [PS:Suspend-Queue] */
export function meantQueues(call: Call): Queue[] {
  const identity = call.values.Identity as string | undefined;
  const split = identity === undefined ? {} : splitIdentity(call, identity);
  const server = queueServer(call, split.server ?? (call.values.Server as string | undefined));
  const passes = filterOf(call);
  const found = queueObjects(call, server).filter((queue) => isNamed(queue, split.queue) && passes(queue));
  if (identity !== undefined && found.length === 0) throw notFound(call.cmdlet, identity);
  if (identity !== undefined && found.length > 1)
    throw taskError(
      call.cmdlet,
      "System.ArgumentException",
      "InvalidArgument",
      `The queue identity '${identity}' matches more than one queue.`,
    );
  const meant = new Set(found.map(({ Identity }) => Identity));
  return call.lab.mail.queues.of(server).filter((queue) => meant.has(`${server.name}\\${queueName(queue)}`));
}

/** What stands behind the server's name. */
export const queueName = ({ deliveryType, number }: Queue): string => (deliveryType === "Unreachable" ? "Unreachable" : String(number));
