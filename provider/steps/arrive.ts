/** `arrive`: a connector's new values are in the replica of a source, by a forced synchronisation. */
import { ExchangeError } from "../base/errors";
import type { HostSession } from "../remote/sessions";
import type { Actor } from "../rotation/actor";
import type { Step } from "../rotation/engine";
import { forceSync, SYNC_TIMEOUT } from "./edgeSync";

export interface Arrival {
  connector: string;
  edge: HostSession;
  organization: HostSession;
  /** Whether the replica shows the new values. */
  hasArrived: () => Promise<boolean>;
  actor: Actor;
  signal: AbortSignal;
}

/** @throws SYNC_TIMEOUT; READ_BACK_DIFFERS where EdgeSync succeeds and brings nothing */
export function arriveStep({ connector, edge, organization, hasArrived, actor, signal }: Arrival): Step {
  return {
    id: "arrive",
    text: `bring "${connector}" to the Edge`,
    probe: hasArrived,
    run: async () => {
      const { fqdn, name: host } = edge.facts;
      await forceSync({ organization, edgeFqdn: fqdn, actor, timeoutSeconds: SYNC_TIMEOUT, signal });
      if (await hasArrived()) return;
      const sentence = `${host}: EdgeSync succeeded, but "${connector}" does not show the new values there.`;
      throw new ExchangeError("READ_BACK_DIFFERS", sentence, { host });
    },
  };
}
