/** Get-Message: mail in the queues. // [PS:Get-Message], [DOC:message-properties] */
import type { Server } from "../server";
import type { Call, Cmdlet, Objects } from "./binding";
import { notFound } from "./errors";
import { byteSize } from "./printed";
import { filterOf, isNamed, queueName, queueServer, splitIdentity } from "./queueTarget";
import { remoting } from "./remoting";

const EXPIRES = 2 * 86_400_000;

export const getMessage: Cmdlet = {
  name: "Get-Message",
  parameters: () => ({
    ...{ Identity: "string", Queue: "string", Filter: "string", Server: "string", ResultSize: "any", SortOrder: "any" },
    ...{ IncludeRecipientInfo: "switch", IncludeComponentLatencyInfo: "switch", IncludeBookmark: "bool", SearchForward: "bool" },
    ...{ ReturnPageInfo: "bool", BookmarkIndex: "int" },
  }),
  exclusive: [
    ["Identity", "Queue", "Filter"],
    ["Identity", "Queue", "Server"],
  ],
  run(call) {
    const { Identity: identity, Queue: queue, ResultSize: size } = call.values as { [name: string]: string | undefined };
    const parts = identity?.split("\\") ?? [];
    const where = queue !== undefined ? splitIdentity(call, queue) : identity !== undefined ? of(parts) : {};
    const server = queueServer(call, where.server ?? (call.values.Server as string | undefined));
    const passes = filterOf(call);
    const all = messages(call, server).filter(({ Queue, Identity, NextHopDomain }) => {
      const own = { Identity: Queue, NextHopDomain };
      return isNamed(own, where.queue) && (identity === undefined || String(Identity).endsWith(`\\${parts.at(-1)}`));
    });
    if (identity !== undefined && all.length === 0) throw notFound(call.cmdlet, identity);
    const found = all.map(({ NextHopDomain: _hop, ...rest }) => ({ ...rest, ...remoting(call.server) })).filter(passes);
    return found.slice(0, typeof size === "string" ? undefined : Number(size ?? 1000));
  },
};

/** `Server\Queue\Number`, `Queue\Number` or `Number`. */
function of(parts: string[]): { server?: string; queue?: string } {
  return parts.length === 3 ? { server: parts[0], queue: parts[1] } : parts.length === 2 ? { queue: parts[0] } : {};
}

function messages(call: Call, server: Server): Objects {
  const { mail, world } = call.lab;
  const behind = world.clock.now(server.name).getTime() - world.clock.time();
  return mail.queues.of(server).flatMap((queue) => {
    const name = `${server.name}\\${queueName(queue)}`;
    return mail.messagesIn(queue).map(({ id, number, sender, subject, size, since, recipients }) => ({
      Identity: `${name}\\${number}`,
      Subject: subject,
      InternetMessageId: `<${id}>`,
      FromAddress: sender,
      Status: queue.status === "Retry" || queue.status === "Suspended" ? queue.status : "Ready",
      Size: byteSize(String(size)),
      MessageSourceName: "SMTP",
      SourceIP: "",
      SCL: -1,
      DateReceived: new Date(since + behind),
      ExpirationTime: new Date(since + behind + EXPIRES),
      LastError: queue.lastError,
      RetryCount: 0,
      Queue: name,
      Recipients: call.values.IncludeRecipientInfo ? recipients : [],
      NextHopDomain: queue.nextHopDomain,
    }));
  });
}
