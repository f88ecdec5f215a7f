/** `proof`: a forced synchronisation succeeds as things are. */
import type { Step } from "../rotation/engine";
import { forceSync, withoutCredential } from "./edgeSync";
import type { Subscribing } from "./tasks";

/** A proof that fails this long is answered with a new subscription: longer than EdgeSync's 5 minutes of refusal. */
const PROOF_SECONDS = 420;

/** @throws SYNC_TIMEOUT */
export function proofStep({ organization, edge, actor, syncTimeout, signal }: Proving): Step {
  let proved = false;
  return {
    id: "proof",
    text: "force EdgeSync, to see whether the subscription holds",
    probe: () => Promise.resolve(proved),
    run: async () => {
      const timeoutSeconds = Math.min(syncTimeout, PROOF_SECONDS);
      await forceSync({ organization, edgeFqdn: edge.facts.fqdn, actor, timeoutSeconds, signal, hopeless: withoutCredential });
      proved = true;
    },
  };
}
type Proving = Pick<Subscribing, "organization" | "actor" | "syncTimeout" | "signal"> & { edge: { facts: { fqdn: string } } };
