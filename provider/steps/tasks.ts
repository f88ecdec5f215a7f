/** What the steps of a window work with. */
import type { KeyObject } from "node:crypto";
import type { Certificate } from "../pki";
import type { Context } from "../rotation/context";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import type { Actor } from "../rotation/actor";
import type { Journal } from "../rotation/journal";
import type { LeasedShell } from "../rotation/leasedShell";

/** An Edge with an open window, and who works on it. */
export interface InWindow {
  ctx: Context;
  host: HostConnection;
  session: HostSession;
  organization: HostSession | null;
  leased: LeasedShell;
  journal: Journal;
  actor: Actor;
}

/** What a new subscription of an Edge needs. */
export interface Subscribing {
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

/** What a synchronisation needs of it. */
export type Synchronising = Pick<Subscribing, "organization" | "edge" | "actor" | "syncTimeout" | "signal">;

/** The export's bytes live in memory between two steps; after a crash they are exported again. */
export interface Carried {
  file: Buffer | null;
  /** The Edge's clock right after the export: the file must not come from the organisation's future. */
  made: Date;
}

/** A certificate that a host is to have. */
export interface Installing {
  leased: LeasedShell;
  certificate: Certificate;
  chain: readonly Certificate[];
  /** Null where the key is, or was born, on the host. */
  privateKey: KeyObject | null;
  /** In a copy of an organisation: what the key belongs to. */
  lookAlike?: Certificate;
  friendlyName?: string;
  exportable: boolean;
  smtp: boolean;
  /** NETWORK SERVICE is to read its key. */
  keyAccess: boolean;
  /** The default certificate stays what it is. */
  keepsDefault: boolean;
}
