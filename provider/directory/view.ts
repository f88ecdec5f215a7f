/** Exchange's objects in the configuration partition, as far as the resources ask for them (exchange.md 6, 15.9). */
import type { Entry } from "ldapts";
import type { Json } from "../base/json";
import { readCertificate, readSerialisedCertificate, type Certificate } from "../pki";
import { flags, list, organizationIn, serverIn, namesIn, text, values } from "./entries";

/** A server with Exchange inside the organisation. */
export interface DirectoryServer {
  name: string;
  dn: string;
  /** Full name, from `networkAddress`. */
  fqdn: string | null;
  /** DER of the internal transport certificate: a Mailbox server's default, or what an Edge's last import bound; null where unreadable. */
  certificate: Buffer | null;
  /** SHA-1 of `certificate`, upper-case hex. */
  thumbprint: string | null;
}

/** An Edge server as the organisation's directory knows it. */
export interface DirectoryEdge extends DirectoryServer {
  /** DN of the AD site that it is subscribed to; null without a subscription. */
  site: string | null;
}

/** A send connector of the organisation. */
export interface DirectorySendConnector {
  name: string;
  dn: string;
  tlsCertificateName: string | null;
  fqdn: string | null;
  tlsDomain: string | null;
  enabled: boolean;
  /** DNs of the source servers' SMTP virtual server objects. */
  sources: string[];
  /** What Get-SendConnector would show, under the cmdlet's names. */
  bag: { [property: string]: Json };
}

export interface DirectoryView {
  /** The organisation's own name in the forest, lower case; null where no server is visible. */
  organization: string | null;
  edges: DirectoryEdge[];
  mailboxServers: DirectoryServer[];
  sendConnectors: DirectorySendConnector[];
  /** Edges with a site: what Get-EdgeSubscription would list. */
  subscriptions: { name: string; site: string }[];
  /** What Get-HybridConfiguration would show; null where there is none, or it cannot be read. */
  hybrid: { [property: string]: Json } | null;
  /** DNs of objects that are there, but show the account nothing. */
  unreadable: string[];
}

/** Bit of msExchCurrentServerRoles (exchange.md 15.9). */
const EDGE = 64;
export const SERVER_ATTRIBUTES = ["cn", "networkAddress", "msExchCurrentServerRoles", "msExchServerSite", "msExchServerInternalTLSCert"];
export const CONNECTOR_ATTRIBUTES = [
  "cn",
  "msExchSmtpTLSCertificate",
  "msExchSMTPSendConnectorFQDN",
  "msExchSmtpSendTlsDomain",
  "msExchSmtpSendEnabled",
  "msExchSmtpSendFlags",
  "msExchSmtpOutboundSecurityFlag",
  "msExchSourceBridgeheadServersDN",
];
export const HYBRID_ATTRIBUTES = ["cn", "msExchCoexistenceSecureMailCertificateThumbprint", "msExchCoexistenceEdgeTransportServers"];

/** Entries as three searches found them. */
export interface Found {
  servers: Entry[];
  connectors: Entry[];
  hybrid: Entry[];
}

export function viewOf({ servers, connectors, hybrid }: Found): DirectoryView {
  const unreadable = [
    ...servers.filter((entry) => text(entry, "msExchCurrentServerRoles") === null),
    ...connectors.filter((entry) => !shows(entry)),
  ];
  const shown = (entries: Entry[]): Entry[] => entries.filter((entry) => !unreadable.includes(entry));
  const edges = shown(servers).filter(isEdge).map(toEdge);
  return {
    organization: servers.map(({ dn }) => organizationIn(dn)).find((one) => one !== null) ?? null,
    edges,
    mailboxServers: shown(servers)
      .filter((entry) => !isEdge(entry))
      .map(toServer),
    sendConnectors: shown(connectors).map(toConnector),
    subscriptions: edges.flatMap(({ name, site }) => (site ? [{ name, site }] : [])),
    hybrid: hybrid.length > 0 ? toHybrid(hybrid[0]) : null,
    unreadable: unreadable.map(({ dn }) => dn),
  };
}

const isEdge = (entry: Entry): boolean => (flags(entry, "msExchCurrentServerRoles") & EDGE) !== 0;
/** Every send connector has flags; where none is seen, the account may not read the object. */
const shows = (entry: Entry): boolean => text(entry, "msExchSmtpSendFlags") !== null || text(entry, "msExchSmtpSendEnabled") !== null;

function toServer(entry: Entry): DirectoryServer {
  const certificate = certificateOf(entry);
  const address = list(entry, "networkAddress").find((value) => /^ncacn_ip_tcp:/i.test(value));
  return {
    name: text(entry, "cn") ?? namesIn(entry.dn)[0],
    dn: entry.dn,
    fqdn: address?.slice("ncacn_ip_tcp:".length).toLowerCase() ?? null,
    certificate: certificate?.der ?? null,
    thumbprint: certificate?.thumbprint ?? null,
  };
}

function toEdge(entry: Entry): DirectoryEdge {
  return { ...toServer(entry), site: text(entry, "msExchServerSite") };
}

/** The value is a serialised certificate with the DER inside (exchange.md 15.9). */
function certificateOf(entry: Entry): Certificate | null {
  const [blob] = values(entry, "msExchServerInternalTLSCert");
  if (!Buffer.isBuffer(blob) || blob.length === 0) return null;
  try {
    return readCertificate(readSerialisedCertificate(blob));
  } catch {
    return null;
  }
}

/** TlsAuthLevel stands in bits 4 to 11 of the flags (exchange.md 15.4, 15.9). */
const AUTH_LEVELS: { [value: number]: string } = { 1: "EncryptionOnly", 2: "CertificateValidation", 4: "DomainValidation" };
const DOMAIN_SECURE = 4;
const CLOUD_SERVICES = 131_072;
/** Bits of msExchSmtpOutboundSecurityFlag. */
const REQUIRE_TLS = 4;
const IGNORE_STARTTLS = 8_388_608;

function toConnector(entry: Entry): DirectorySendConnector {
  const tlsCertificateName = text(entry, "msExchSmtpTLSCertificate");
  const [fqdn, tlsDomain] = [text(entry, "msExchSMTPSendConnectorFQDN"), text(entry, "msExchSmtpSendTlsDomain")];
  const sources = list(entry, "msExchSourceBridgeheadServersDN");
  const enabled = text(entry, "msExchSmtpSendEnabled") !== "FALSE";
  const send = flags(entry, "msExchSmtpSendFlags");
  const security = flags(entry, "msExchSmtpOutboundSecurityFlag");
  const name = text(entry, "cn") ?? namesIn(entry.dn)[0];
  const bag = {
    Name: name,
    TlsCertificateName: tlsCertificateName,
    Fqdn: fqdn,
    TlsDomain: tlsDomain,
    TlsAuthLevel: AUTH_LEVELS[(send >> 4) & 0xff] ?? null,
    RequireTLS: (security & REQUIRE_TLS) !== 0,
    IgnoreSTARTTLS: (security & IGNORE_STARTTLS) !== 0,
    DomainSecureEnabled: (send & DOMAIN_SECURE) !== 0,
    CloudServicesMailEnabled: (send & CLOUD_SERVICES) !== 0,
    Enabled: enabled,
    SourceTransportServers: sources.flatMap((dn) => serverIn(dn) ?? []),
  };
  return { name, dn: entry.dn, tlsCertificateName, fqdn, tlsDomain, enabled, sources, bag };
}

function toHybrid(entry: Entry): DirectoryView["hybrid"] {
  return {
    TlsCertificateName: text(entry, "msExchCoexistenceSecureMailCertificateThumbprint"),
    EdgeTransportServers: list(entry, "msExchCoexistenceEdgeTransportServers").map((dn) => namesIn(dn)[0]),
  };
}
