/** Get-Queue. // 4.6 */
import type { Call, Cmdlet, Objects } from "./binding";
import { notFound } from "./errors";
import { queueObjects } from "./queueObjects";
import { filterOf, isNamed, queueServer, splitIdentity } from "./queueTarget";

export const getQueue: Cmdlet = {
  name: "Get-Queue",
  parameters: () => ({ Identity: "string", Server: "string", Filter: "string", Exclude: "strings", Include: "strings", ResultSize: "any" }),
  exclusive: [["Identity", "Server"]],
  run(call) {
    const identity = call.values.Identity as string | undefined;
    const split = identity === undefined ? {} : splitIdentity(call, identity);
    const server = queueServer(call, split.server ?? (call.values.Server as string | undefined));
    const all = queueObjects(call, server).filter((queue) => isNamed(queue, split.queue));
    if (identity !== undefined && all.length === 0) throw notFound(call.cmdlet, identity);
    const passes = filterOf(call);
    const kept = all.filter((queue) => included(call, queue) && passes(queue));
    return typeof call.values.ResultSize === "number" ? kept.slice(0, call.values.ResultSize) : kept;
  },
};

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
