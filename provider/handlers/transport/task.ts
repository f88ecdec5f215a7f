/** What the end of a window needs that no TransportService ends. */
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import type { Hand } from "../../rotation/hand";
import type { Journal } from "../../rotation/journal";
import type { Who } from "../../rotation/who";
import type { Context } from "../types";

export interface Task {
  ctx: Context;
  host: HostConnection;
  session: HostSession;
  organization: HostSession | null;
  hand: Hand;
  journal: Journal;
  who: Who;
}
