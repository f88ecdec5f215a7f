/** What a run may use of the world beside the servers' own shells. */
import type { DirectoryView } from "../directory";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";

/** Everything a handler, and what lies below it, may use of the world. */
export interface Context {
  /** The `now` of check and diff, and of expiry decisions. */
  readonly now: Date;
  readonly signal: AbortSignal;
  /** The one session with a server; `preferRegistered` for deletes, whose stored connection may be out of date. */
  session(host: HostConnection, options?: { preferRegistered?: boolean }): Promise<HostSession>;
  /** In a refresh: what the organisation's directory holds; null where this host names none, or it cannot be read (said once). */
  directory?(host: HostConnection): Promise<DirectoryView | null>;
  /** Makes a connection known without opening it. */
  register(host: HostConnection): void;
  /** One line for the user. */
  note(text: string): void;
  warn(text: string): void;
}
