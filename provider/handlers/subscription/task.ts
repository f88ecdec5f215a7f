/** What a new subscription of an Edge needs. */
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import type { LeasedShell } from "../../rotation/leasedShell";
import type { Journal } from "../../rotation/journal";
import type { Actor } from "../../rotation/actor";

export interface Resubscription {
  edge: LeasedShell;
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
  actor: Actor;
  signal: AbortSignal;
}
