/** State of one server of the organisation. Rules live in the rooms that use it. */
import { randomUUID, type KeyObject } from "node:crypto";
import type { EventRecord, ServiceInfo } from "../../provider/remote/protocol";
import { ComponentStates } from "./componentStates";
import { CertificateStore, type StoredCertificate } from "./store";
import type { Certificate } from "./x509";

/** Properties of a directory object under Exchange's own names. */
export type Bag = { [property: string]: unknown };

export interface Service {
  readonly name: string;
  status: ServiceInfo["status"];
  startType: ServiceInfo["startType"];
  readonly dependsOn: readonly string[];
  /** What was running before a pending change, for services that can be paused. */
  readonly canPause: boolean;
}

/** A certificate request whose key lives on this server. */
export interface PendingRequest {
  /** What stands in the Request store meanwhile: self-signed, with the request's key. */
  readonly certificate: Certificate;
  readonly csrPem: string;
  readonly domainNames: string[];
  readonly privateKey: KeyObject;
  readonly friendlyName: string;
  readonly exportable: boolean;
  /** A copied organisation: what a door presents in place of the answer, to which `privateKey` belongs. */
  readonly lookAlike?: (answer: Certificate) => Certificate;
}

/** What the running transport process holds: it sees neither directory nor stores directly. */
export interface TransportState {
  startedAt: number;
  connectors: Map<string, Bag>;
  connectorsTakenAt: number;
  /** Cancels a pending taking of connectors. */
  pending: (() => void) | null;
  /** Cancels the next taking without a notification. */
  backstop: (() => void) | null;
  /** Store contents that count when certificates are noticed at a restart only (toggle). */
  frozen: { thumbprints: Set<string> } | null;
  /** Event keys that were raised since the process started. */
  raised: Map<string, number>;
}

/** What a real server said of the chain of one certificate. */
export interface ToldChain {
  status: "Valid" | "DateInvalid" | "Untrusted" | "Revoked" | "RevocationCheckFailure" | "Invalid";
  root: string | null;
}

export interface LdsAccount {
  password: string;
  /** By the Edge's clock; null = does not expire. */
  expires: Date | null;
}

/** The AD LDS instance of an Edge. */
export interface LdsState {
  /** `msExchServerInternalTLSCert`: a serialised certificate. */
  internalCertificate: Buffer | null;
  /** `ADAM_MSExchange\MY`: pinned by the last export. // [L15] 15.6 */
  readonly serviceStore: CertificateStore;
  /** Fixed at the start of the service. // [L15] 15.6 */
  presented: StoredCertificate | null;
  subscribed: boolean;
  everExported: boolean;
  site: string | null;
  sendConnectors: Map<string, Bag>;
  acceptedDomains: Map<string, Bag>;
  remoteDomains: Map<string, Bag>;
  /** Hub servers of the site with their internal certificates. // [L15] 15.8 */
  hubs: Map<string, { fqdn: string; internalCertificate: Buffer | null }>;
  readonly accounts: Map<string, LdsAccount>;
  readonly sslPort: number;
  /** Naming context of its configuration. // [L15] 15.5 */
  readonly configuration: string;
}

export class Server {
  readonly my = new CertificateStore();
  readonly ca = new CertificateStore();
  readonly root = new CertificateStore();
  readonly requests: PendingRequest[] = [];
  readonly services = new Map<string, Service>();
  readonly receiveConnectors = new Map<string, Bag>();
  readonly files = new Map<string, Buffer>();
  readonly events: EventRecord[] = [];
  /** Bindings of http.sys: `address:port` → thumbprint. // 2.6 */
  readonly httpSys = new Map<string, string>();
  readonly componentStates = new ComponentStates();
  /** Of its Transport service, where they are no longer the defaults. */
  readonly transportSettings = new Map<string, unknown>();
  /** X509CertificateName of POP and IMAP. // [L15] 15.1 */
  popName: string | null = null;
  imapName: string | null = null;
  /** A copied organisation: what the real server said of a chain whose certificates were not seen. */
  readonly told = new Map<string, ToldChain>();
  /** A copied organisation: subjects of trusted roots whose certificates were not seen. */
  readonly rootNames = new Map<string, string>();
  boot: Date;
  readonly lds: LdsState | null;
  readonly transport: TransportState = {
    startedAt: 0,
    connectors: new Map(),
    connectorsTakenAt: 0,
    pending: null,
    backstop: null,
    frozen: null,
    raised: new Map(),
  };

  constructor(
    readonly name: string,
    readonly fqdn: string,
    readonly role: "Edge" | "Mailbox",
    readonly site: string | null,
    readonly version: string,
    boot: Date,
  ) {
    this.boot = boot;
    this.lds = role === "Edge" ? emptyLds() : null;
    for (const service of servicesOf(role)) this.services.set(service.name, service);
  }

  service(name: string): Service | undefined {
    return [...this.services.values()].find((service) => service.name.toLowerCase() === name.toLowerCase());
  }

  runs(name: string): boolean {
    return this.service(name)?.status === "Running";
  }
}

function emptyLds(): LdsState {
  return {
    internalCertificate: null,
    serviceStore: new CertificateStore(),
    presented: null,
    subscribed: false,
    everExported: false,
    site: null,
    sendConnectors: new Map(),
    acceptedDomains: new Map(),
    remoteDomains: new Map(),
    hubs: new Map(),
    accounts: new Map(),
    sslPort: 50636,
    configuration: `CN=Configuration,CN={${randomUUID().toUpperCase()}}`,
  };
}

/** Services with their accounts' dependencies. // [DOC:services-overview], 5.1 */
function servicesOf(role: "Edge" | "Mailbox"): Service[] {
  const base = role === "Edge" ? "ADAM_MSExchange" : "MSExchangeADTopology";
  const names =
    role === "Edge"
      ? [
          "MSExchangeTransport",
          "MSExchangeEdgeCredential",
          "MSExchangeServiceHost",
          "MSExchangeAntispamUpdate",
          "MSExchangeTransportLogSearch",
        ]
      : [
          "MSExchangeTransport",
          "MSExchangeFrontEndTransport",
          "MSExchangeEdgeSync",
          "MSExchangeServiceHost",
          "MSExchangeTransportLogSearch",
        ];
  const make = (name: string, dependsOn: string[]): Service => ({
    name,
    status: "Running",
    startType: "Automatic",
    dependsOn,
    canPause: name === "MSExchangeTransport" || name === "MSExchangeFrontEndTransport",
  });
  const independent = role === "Edge" ? [] : [make("W3SVC", [])];
  return [make(base, []), ...names.map((name) => make(name, [base])), ...independent];
}
