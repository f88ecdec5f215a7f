/** Send and receive connectors as property bags under Exchange's names, types and defaults. // [CSS:GetSendConnector], [CSS:GetReceiveConnector] */
import { randomUUID } from "node:crypto";
import type { TimeSpan } from "./contract";
import type { Directory } from "./directory";
import type { Bag, Server } from "./server";

/** Everything but the identity, as Exchange 2019 shows it. // [CSS:GetSendConnector*.xml] */
export function sendConnectorDefaults(): Bag {
  return {
    DNSRoutingEnabled: true,
    TlsDomain: null,
    TlsAuthLevel: null,
    ErrorPolicies: "Default",
    SmartHosts: [],
    Port: 25,
    ConnectionInactivityTimeOut: "00:10:00",
    ForceHELO: false,
    FrontendProxyEnabled: false,
    IgnoreSTARTTLS: false,
    CloudServicesMailEnabled: false,
    Fqdn: null,
    TlsCertificateName: null,
    RequireTLS: false,
    RequireOorg: false,
    Enabled: true,
    ProtocolLoggingLevel: "None",
    SmartHostAuthMechanism: "None",
    AuthenticationCredential: null,
    UseExternalDNSServersEnabled: false,
    DomainSecureEnabled: false,
    SourceIPAddress: "0.0.0.0",
    SmtpMaxMessagesPerConnection: 20,
    ConnectorType: "Default",
    SmartHostsString: "",
    CertificateSubject: null,
    Region: "NotSpecified",
    AddressSpaces: [],
    ConnectedDomains: [],
    IsScopedConnector: false,
    IsSmtpConnector: true,
    Comment: "",
    SourceRoutingGroup: "Exchange Routing Group (DWBGZMFD01QNBJR)",
    SourceTransportServers: [],
    HomeMTA: "Microsoft MTA",
    HomeMtaServerId: null,
    MaxMessageSize: "35 MB (36,700,160 bytes)",
    AdminDisplayName: "",
    ExchangeVersion: "0.1 (8.0.535.0)",
  };
}

/** A whole send connector; `SmartHostsString` and `HomeMtaServerId` follow from the rest. */
export function newSendConnector(directory: Directory, name: string, values: Bag, at: Date): Bag {
  const bag = { ...sendConnectorDefaults(), ...values };
  return derived({
    ...bag,
    ...identity(name, name, directory.connectorDn(name), directory, at, "ms-Exch-Routing-SMTP-Connector"),
    ObjectClass: ["top", "msExchConnector", "mailGateway", "msExchRoutingSMTPConnector"],
  });
}

/** Recomputes what other properties decide. */
export function derived(bag: Bag): Bag {
  const sources = bag.SourceTransportServers as string[];
  const hosts = bag.SmartHosts as string[];
  return { ...bag, SmartHostsString: hosts.join(","), HomeMtaServerId: sources[0] ?? null };
}

export function identity(name: string, id: string, dn: string, directory: Directory, at: Date, category: string): Bag {
  return {
    Name: name,
    DistinguishedName: dn,
    Identity: id,
    Guid: randomUUID(),
    ObjectCategory: `${directory.domain}/Configuration/Schema/${category}`,
    WhenChanged: at,
    WhenCreated: at,
    WhenChangedUTC: at,
    WhenCreatedUTC: at,
    OrganizationId: "",
    Id: id,
    OriginatingServer: `dc01.${directory.domain}`,
    IsValid: true,
    ObjectState: "Unchanged",
  };
}

/** Marks an object as changed. */
export function touch(bag: Bag, at: Date): Bag {
  return { ...bag, WhenChanged: at, WhenChangedUTC: at };
}

/** A receive connector's defaults. // [CSS:GetReceiveConnector.xml] */
export function receiveConnectorDefaults(): Bag {
  return {
    AuthMechanism: "Tls, Integrated, BasicAuth, BasicAuthRequireTLS, ExchangeServer",
    Banner: "",
    BinaryMimeEnabled: true,
    Bindings: ["0.0.0.0:25", "[::]:25"],
    ChunkingEnabled: true,
    DefaultDomain: null,
    DeliveryStatusNotificationEnabled: true,
    EightBitMimeEnabled: true,
    SmtpUtf8Enabled: true,
    BareLinefeedRejectionEnabled: false,
    DomainSecureEnabled: false,
    EnhancedStatusCodesEnabled: true,
    LongAddressesEnabled: false,
    OrarEnabled: false,
    SuppressXAnonymousTls: false,
    ProxyEnabled: false,
    AdvertiseClientSettings: false,
    Fqdn: null,
    ServiceDiscoveryFqdn: null,
    TlsCertificateName: null,
    Comment: "",
    Enabled: true,
    ConnectionTimeout: "00:10:00",
    ConnectionInactivityTimeout: "00:05:00",
    MessageRateLimit: "Unlimited",
    MessageRateSource: "IPAddress",
    MaxInboundConnection: "5000",
    MaxInboundConnectionPerSource: "Unlimited",
    MaxInboundConnectionPercentagePerSource: 100,
    MaxHeaderSize: "256 KB (262,144 bytes)",
    MaxHopCount: 60,
    MaxLocalHopCount: 5,
    MaxLogonFailures: 3,
    MaxMessageSize: "36 MB (37,748,736 bytes)",
    MaxProtocolErrors: "5",
    MaxRecipientsPerMessage: 5000,
    PermissionGroups: "ExchangeUsers, ExchangeServers, ExchangeLegacyServers",
    PipeliningEnabled: true,
    ProtocolLoggingLevel: "None",
    RemoteIPRanges: ["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0.0.0.0-255.255.255.255"],
    RequireEHLODomain: false,
    RequireTLS: false,
    EnableAuthGSSAPI: false,
    ExtendedProtectionPolicy: "None",
    LiveCredentialEnabled: false,
    TlsDomainCapabilities: [],
    TransportRole: "HubTransport",
    RejectReservedTopLevelRecipientDomains: false,
    RejectReservedSecondLevelRecipientDomains: false,
    RejectSingleLabelRecipientDomains: false,
    AcceptConsumerMail: false,
    SizeEnabled: "EnabledWithoutValue",
    TarpitInterval: "00:00:05",
    AuthTarpitInterval: "00:00:05",
    MaxAcknowledgementDelay: "00:00:30",
    AdminDisplayName: "",
    ExchangeVersion: "0.1 (8.0.535.0)",
  };
}

export function newReceiveConnector(directory: Directory, server: Server, name: string, values: Bag, at: Date): Bag {
  const id = `${server.name}\\${name}`;
  return {
    ...receiveConnectorDefaults(),
    Fqdn: server.fqdn,
    Server: server.name,
    ...values,
    ...identity(name, id, directory.receiveConnectorDn(server.name, name), directory, at, "ms-Exch-Smtp-Receive-Connector"),
    ObjectClass: ["top", "msExchSmtpReceiveConnector"],
  };
}

/** How an EnhancedTimeSpan prints. */
export function timeText({ seconds }: TimeSpan): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const days = seconds >= 86_400 ? `${Math.floor(seconds / 86_400)}.` : "";
  return `${days}${two((seconds / 3600) % 24)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export const internetConnectorName = (site: string): string => `EdgeSync - ${site} to Internet`;
export const inboundConnectorName = (site: string): string => `EdgeSync - Inbound to ${site}`;

/** The two connectors that an import makes. // [L15] 15.6, [DOC:edge-subscriptions] */
export function defaultEdgeConnector(
  directory: Directory,
  kind: "internet" | "inbound",
  site: string,
  edge: string,
  at: Date,
  inboundCost = "100",
): Bag {
  if (kind === "internet")
    return newSendConnector(
      directory,
      internetConnectorName(site),
      {
        AddressSpaces: ["smtp:*;100"],
        DomainSecureEnabled: true,
        MaxMessageSize: "10 MB (10,485,760 bytes)",
        SourceTransportServers: [edge],
      },
      at,
    );
  return newSendConnector(
    directory,
    inboundConnectorName(site),
    {
      AddressSpaces: [`smtp:--;${inboundCost}`],
      SmartHosts: ["--"],
      DNSRoutingEnabled: false,
      SmartHostAuthMechanism: "ExchangeServer",
      SourceTransportServers: [edge],
    },
    at,
  );
}
