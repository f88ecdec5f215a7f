/** A row of the table of symptoms, and what is found by it. */
import type { Facts, HostFact } from "./facts";

/** `error`: something does not work; `warning`: it will not, or it degrades; `notice`: good to know, nothing to do now. */
export type Severity = "error" | "warning" | "notice";

/** Where a symptom shows. Ids and codes decide, never localised text. */
export interface Sign {
  /** Provider of the Application log and event ids. */
  event?: { source: string; ids: number[] };
  /** Codes in a queue's LastError, monitors of Managed Availability, results of cmdlets, doors. */
  text?: string;
}

export interface Evidence {
  host: string;
  /** The connector, queue, Edge or certificate that it is about. */
  object: string;
  /** What was seen, one sentence each. */
  seen: string[];
  /** Only the log still speaks of it: the cause is gone. */
  past?: boolean;
  /** Where it differs from the row's. */
  severity?: Severity;
  /** Fill the `{placeholders}` of cause and remedy; `host` and `object` are there always. */
  values?: { [name: string]: string };
}

export interface Symptom {
  /** Stable name; the event id or SMTP code that it is known by where there is one. */
  id: string;
  signs: Sign[];
  /** Events that are no sign of it and end it: read too. */
  endedBy?: NonNullable<Sign["event"]>;
  severity: Severity;
  cause: string;
  /** Steps in order. */
  remedy: string[];
  /** Dropped for an object for which one of these was found: they say the same more exactly. */
  unless?: string[];
  /**
   * Findings of one family about one object are one finding, on however many hosts and in whatever use: what is said of all of them,
   * and how this row's hosts use the object (`{hosts}`).
   */
  joins?: { family: string; cause: string; use: string };
  look(facts: Facts, now: Clock): Evidence[];
}

/** The time by which a host's certificates are judged. */
export type Clock = (host: HostFact) => Date;

export interface Finding {
  id: string;
  severity: Severity;
  /** The first of `places`. */
  host: string;
  /** Where it shows, and by which row. */
  places: { id: string; host: string }[];
  object: string;
  seen: string[];
  cause: string;
  remedy: string[];
  /** The cause is gone, only the log still speaks of it. */
  past: boolean;
}

/** A finding with the row that it comes from; `fill` puts its values into a text. */
export interface Found {
  symptom: Symptom;
  finding: Finding;
  fill: (text: string) => string;
}

export const TRANSPORT_SOURCE = "MSExchangeTransport";
export const EDGESYNC_SOURCE = "MSExchange EdgeSync";
export const MESSAGE_SECURITY_SOURCE = "MSExchange Message Security";
export const AVAILABILITY_SOURCE = "Microsoft-Exchange-ManagedAvailability";
