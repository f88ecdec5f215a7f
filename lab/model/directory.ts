/** Active Directory's configuration partition, as far as the organisation's transport goes. */
import type { Bag } from "./server";

/** One entry of `msExchEdgeSyncCredential`: readable only with the private key that it was encrypted for. // [DOC:edge-subscription-credentials] */
export interface EdgeCredential {
  readonly edge: string;
  readonly kind: "ESBRA" | "ESRA";
  readonly user: string;
  readonly password: string;
  /** SHA-256 of the Hub's public key. */
  encryptedFor: string;
  readonly effective: Date;
  readonly expires: Date;
}

/** Server object of a Mailbox server. */
export interface HubObject {
  readonly name: string;
  internalCertificate: Buffer | null;
  credentials: EdgeCredential[];
}

/** Server object of a subscribed Edge. */
export interface EdgeObject {
  readonly name: string;
  fqdn: string;
  site: string;
  domain: string;
  /** The blob of the subscription file, as it is. // [L15] 15.6 */
  internalCertificate: Buffer;
  /** The same as it was when EdgeSync last succeeded; missing before. // toggle directTrustLearns */
  synchronisedCertificate?: Buffer;
  /** `serialNumber` and `versionNumber` of the file. */
  version: string;
  versionNumber: number;
  sslPort: number;
  readonly guid: string;
  readonly whenCreated: Date;
  whenChanged: Date;
}

/** Which certificates sign OAuth tokens: now, before, and from when on. // [PS:Get-AuthConfig] */
export interface AuthState {
  current: string | null;
  previous: string | null;
  next: string | null;
  nextEffective: Date | null;
}

/** A name as the value of an RDN. // RFC 4514, 2.4 */
const escaped = (name: string): string => name.replace(/[,+"\\<>;=]/g, "\\$&").replace(/^[# ]|[ ]$/g, "\\$&");

export class Directory {
  readonly hubs = new Map<string, HubObject>();
  readonly edges = new Map<string, EdgeObject>();
  readonly sendConnectors = new Map<string, Bag>();
  readonly acceptedDomains = new Map<string, Bag>();
  readonly remoteDomains = new Map<string, Bag>();
  hybrid: Bag | null = null;
  /** Thumbprints of the authorization configuration; null where setup made none. */
  readonly auth: AuthState = { current: null, previous: null, next: null, nextEffective: null };
  edgeSyncConfig: Bag = {};

  constructor(
    readonly organisation: string,
    readonly domain: string,
    readonly sites: readonly string[],
  ) {}

  /** A server or connector by name, whatever its case. */
  static find<T>(map: Map<string, T>, name: string): T | undefined {
    const wanted = name.toLowerCase();
    for (const [key, value] of map) if (key.toLowerCase() === wanted) return value;
    return undefined;
  }

  get base(): string {
    const dc = this.domain.split(".").map((part) => `DC=${part}`);
    return `CN=${this.organisation},CN=Microsoft Exchange,CN=Services,CN=Configuration,${dc.join(",")}`;
  }

  get administrativeGroup(): string {
    return `CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,${this.base}`;
  }

  serverDn(name: string): string {
    return `CN=${name},CN=Servers,${this.administrativeGroup}`;
  }

  connectorDn(name: string): string {
    return `CN=${escaped(name)},CN=Connections,CN=Exchange Routing Group (DWBGZMFD01QNBJR),CN=Routing Groups,${this.administrativeGroup}`;
  }

  receiveConnectorDn(server: string, name: string): string {
    return `CN=${escaped(name)},CN=SMTP Receive Connectors,CN=Protocols,${this.serverDn(server)}`;
  }
}
