/** Suspend-, Resume- and Retry-Queue, Redirect-Message: what maintenance scripts do to queues. // [PS:Suspend-Queue], [PS:Retry-Queue], [PS:Redirect-Message] */
import type { Queue } from "../queues";
import { CONFIRM, type Call, type Cmdlet } from "./binding";
import { missingParameter, notFound } from "./errors";
import { meantQueues, queueServer } from "./queueTarget";

/** A cmdlet for queues: by identity or by filter, one of which is required. */
function queueCmdlet(name: string, act: (call: Call, queue: Queue) => void, more: Record<string, "bool"> = {}): Cmdlet {
  return {
    name,
    parameters: () => ({ Identity: "string", Filter: "string", Server: "string", ...more, ...CONFIRM }),
    exclusive: [
      ["Identity", "Filter"],
      ["Identity", "Server"],
    ],
    run(call) {
      if (!call.values.Identity && !call.values.Filter) throw missingParameter(call, ["Identity"]);
      const queues = meantQueues(call);
      if (call.values.WhatIf) return [];
      for (const queue of queues) act(call, queue);
      call.lab.world.changed();
      return [];
    },
  };
}

export const suspendQueue = queueCmdlet("Suspend-Queue", ({ lab }, queue) => lab.mail.suspend(queue));
export const resumeQueue = queueCmdlet("Resume-Queue", ({ lab }, queue) => lab.mail.resume(queue));

/** A queue in Retry is tried at once; what is unreachable needs another look at its route, which is `-Resubmit`. // [PS:Retry-Queue] */
export const retryQueue = queueCmdlet(
  "Retry-Queue",
  ({ lab, values }, queue) => {
    const again =
      values.Resubmit === true ? queue.status !== "Suspended" : queue.status === "Retry" && queue.deliveryType !== "Unreachable";
    if (again) lab.mail.retry(queue);
  },
  { Resubmit: "bool" },
);

/** The active messages of a Mailbox server go to another one; shadow queues do not. // [PS:Redirect-Message] */
export const redirectMessage: Cmdlet = {
  name: "Redirect-Message",
  role: "Mailbox",
  parameters: () => ({ Server: "string", Target: "strings", ...CONFIRM }),
  required: () => ["Server", "Target"],
  run(call) {
    const from = queueServer(call);
    const targets = (call.values.Target as string[]).map((name) => {
      const server = call.lab.world.findServer(name);
      if (server?.role !== "Mailbox" || server === from) throw notFound(call.cmdlet, name);
      return server;
    });
    if (!call.values.WhatIf) call.lab.mail.redirect(from, targets);
    return [];
  },
};
