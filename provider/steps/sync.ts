/** `sync`: EdgeSync is forced and waited for. */
import type { Step } from "../rotation/engine";
import { IMPORT } from "../rotation/journal";
import { forceSync } from "./edgeSync";
import type { Synchronising } from "./tasks";

export function syncStep({ organization, edge, actor, syncTimeout, signal }: Synchronising): Step {
  let done = false;
  return {
    id: "sync",
    text: "force EdgeSync and wait (it may refuse for 5 minutes)",
    probe: () => Promise.resolve(done),
    intentWith: IMPORT,
    run: async (last) => {
      const task = { organization, edgeFqdn: edge.facts.fqdn, actor, timeoutSeconds: syncTimeout, signal, resubscribed: true };
      await last(() => forceSync(task));
      done = true;
    },
  };
}
