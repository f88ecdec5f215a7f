/** What a component tells of the rotation, and what its servers say to it. */
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";

/** A server of a component's arguments and what it is there for. */
export interface Server {
  host: HostConnection;
  role: "Edge" | "Mailbox";
}
export interface Ahead {
  servers: Server[];
  site?: string;
  /** Send connectors whose name is set last; without a name of their own they get the certificate's. */
  connectors?: { connector: string; tlsCertificateName?: string }[];
  /** When EdgeSync of its Edges is waited for: `beforeStart` or `afterStart`. */
  synchronise?: string;
  /** How many Edges of the site may be out of service at once; missing: one. */
  maxUnavailable?: number;
  /** Other Edges of the program: not looked at, but known for a way back (peers.ts). */
  peers?: HostConnection[];
}
export interface Seen {
  server: Server;
  session: HostSession;
}
/** What the refusals look at. */
export interface AheadFacts {
  ahead: Ahead;
  /** The servers that answered. */
  seen: Seen[];
  organization: HostSession | null;
  /** Name of the certificate that carries this; undefined where the server makes it. */
  certificateName?: string;
  /** Whether an Edge is out of service already: then the run goes on, and what its window has changed speaks against nothing. */
  windowOpen: boolean;
}
