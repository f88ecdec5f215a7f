/** What the end of a window needs that no TransportService ends. */
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import type { LeasedShell } from "../../rotation/leasedShell";
import type { Journal } from "../../rotation/journal";
import type { Actor } from "../../rotation/actor";
import type { Context } from "../types";

export interface Task {
  ctx: Context;
  host: HostConnection;
  session: HostSession;
  organization: HostSession | null;
  leased: LeasedShell;
  journal: Journal;
  actor: Actor;
}
