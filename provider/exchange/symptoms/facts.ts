/** What `doctor` knows of the named hosts: plain data, gathered by the command line and judged by `diagnose`. */
import type { OwnedRotation } from "../../base/edges";
import type { EventRecord, ServiceInfo } from "../../remote/protocol";

/** An installed certificate with what the host says about its key. */
export interface CertificateFact {
  thumbprint: string;
  subject: string;
  issuer: string;
  tlsCertificateName: string;
  domainNames: string[];
  notBefore: Date;
  notAfter: Date;
  selfSigned: boolean;
  publicKeySha256: string;
  /** Exchange's `Status` (`Valid`, `Untrusted`, …); empty where the server shows only RawData. */
  status: string;
  hasPrivateKey: boolean;
  /** NETWORK SERVICE may read the key: the same as SMTP enabled (exchange.md 15.1). */
  networkService: boolean;
  keyProvider: "CAPI" | "CNG" | "none" | "unknown";
}

export interface SendConnectorFact {
  name: string;
  /** Null: the server's own name. */
  fqdn: string | null;
  /** Empty: the certificate is chosen by `fqdn`. */
  tlsCertificateName: string;
  /** Server names, upper case. */
  sources: string[];
  enabled: boolean;
}

export interface ReceiveConnectorFact {
  name: string;
  fqdn: string | null;
  tlsCertificateName: string;
  enabled: boolean;
  /** Listens on port 25: the connector that the STARTTLS look met. */
  onPort25: boolean;
}

export interface QueueFact {
  identity: string;
  status: string;
  count: number;
  nextHop: string;
  lastError: string;
}

/** What a door answered. */
export type DoorFact =
  | { state: "presents"; thumbprint: string; publicKeySha256: string; subject: string; notBefore: Date; notAfter: Date }
  | { state: "withoutTls" }
  | { state: "closed"; reason: string };

/** A subscription as the organisation's host sees it, with the certificate on the Edge's server object. */
export interface SubscriptionFact {
  edge: string;
  site: string;
  thumbprint: string | null;
  /** Null where the object could not be read. */
  publicKeySha256: string | null;
}

/** Test-EdgeSynchronization of one Edge, as one Mailbox server answers. */
export interface SyncFact {
  edge: string;
  status: string;
  detail: string;
  lastSynchronized: Date | null;
}

/** What a renewal has replaced and a guard of its removal has kept. */
export interface LeftoverFact {
  thumbprint: string;
  since: string;
  why: string;
}

/** A rotation that is open on an Edge, by its journal. */
export interface RotationFact extends OwnedRotation {
  stack: string;
  /** The host that keeps the record of the Edge's site, by its fully qualified name. */
  organization: string | null;
  /** Step that was begun and whose end is not recorded. */
  interrupted: string | null;
}

/** An Edge that a site's record has as out of service. */
export interface WindowFact {
  edge: string;
  site: string;
  stack: string;
  owner: string;
  since: string;
  /** Code of the failure that left it so. */
  failed?: string;
  /** The connector whose change restarts transport of one Edge after the other: then none is out of service. */
  flip?: string;
}

/** Null stands for what was not asked, because the service that answers does not run. */
export interface HostFact {
  name: string;
  fqdn: string;
  role: "Edge" | "Mailbox";
  /** The server's own clock when it was asked. */
  clock: Date;
  services: Pick<ServiceInfo, "name" | "status" | "startType">[];
  /** Newest last. */
  events: EventRecord[];
  certificates: CertificateFact[] | null;
  /** Thumbprint of the default certificate; null = none is published. Undefined = not asked. */
  defaultThumbprint: string | null | undefined;
  sendConnectors: SendConnectorFact[] | null;
  receiveConnectors: ReceiveConnectorFact[] | null;
  queues: QueueFact[] | null;
  /** Managed Availability's monitors that are not Healthy. */
  monitors: string[];
  starttls: DoorFact | null;
  /** An Edge's AD LDS, seen from the organisation where one of its hosts is named. */
  ldaps: DoorFact | null;
  /** Mailbox servers: subscriptions of the organisation and their synchronisation. */
  subscriptions: SubscriptionFact[];
  syncs: SyncFact[];
  /** What the host remembers of renewals; missing where that was not read. */
  leftovers?: LeftoverFact[];
  /** Edges: null where no rotation is open. Missing where that was not read. */
  rotation?: RotationFact | null;
  /** Edges: who is at work there, null where nobody is. Missing where that was not read. */
  worker?: string | null;
  /** Mailbox servers: open windows of their sites. Missing where that was not read. */
  windows?: WindowFact[];
}

export interface Facts {
  hosts: HostFact[];
  /** Subscriptions as the organisation's directory has them, where one is named: they are known with every Mailbox server down. */
  published?: SubscriptionFact[];
}
