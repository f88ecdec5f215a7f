/** What a new subscription of an Edge needs. */
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import type { Hand } from "../../rotation/hand";
import type { Journal } from "../../rotation/journal";
import type { Who } from "../../rotation/who";

export interface Resubscription {
  edge: Hand;
  edgeHost: HostConnection;
  edgeSession: HostSession;
  organization: HostSession;
  site: string;
  /** The Edge's default certificate. */
  thumbprint: string;
  method: "overwrite" | "recreate";
  createInternet: boolean;
  createInbound: boolean;
  syncTimeout: number;
  journal: Journal;
  who: Who;
  signal: AbortSignal;
}
