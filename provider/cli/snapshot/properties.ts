/** What a snapshot asks of each object: every property that Exchange documents for it. A version that lacks one shows null. */
import { CMDLETS } from "../../remote/cmdlets";

const IDENTITY = ["Name", "Identity", "Guid", "DistinguishedName", "WhenCreated", "WhenChanged"];

/** Set-SendConnector's, and what only Get- shows. */
export const SEND_CONNECTOR = [
  ...IDENTITY,
  ...["AddressSpaces", "CertificateSubject", "CloudServicesMailEnabled", "Comment", "ConnectedDomains"],
  ...["ConnectionInactivityTimeOut", "ConnectorType", "DNSRoutingEnabled", "DomainSecureEnabled", "Enabled", "ErrorPolicies", "ForceHELO"],
  ...["Fqdn", "FrontendProxyEnabled", "IgnoreSTARTTLS", "IsScopedConnector", "IsSmtpConnector", "MaxMessageSize", "Port"],
  ...[
    "ProtocolLoggingLevel",
    "Region",
    "RequireOorg",
    "RequireTLS",
    "SmartHostAuthMechanism",
    "SmartHosts",
    "SmtpMaxMessagesPerConnection",
  ],
  ...["SourceIPAddress", "SourceRoutingGroup", "SourceTransportServers", "TlsAuthLevel", "TlsCertificateName", "TlsDomain"],
  "UseExternalDNSServersEnabled",
];

/** Set-ReceiveConnector's, and what only Get- shows. */
export const RECEIVE_CONNECTOR = [
  ...IDENTITY,
  ...["AcceptConsumerMail", "AdvertiseClientSettings", "AuthMechanism", "AuthTarpitInterval", "Banner", "BareLinefeedRejectionEnabled"],
  ...["BinaryMimeEnabled", "Bindings", "ChunkingEnabled", "Comment", "ConnectionInactivityTimeout", "ConnectionTimeout", "DefaultDomain"],
  ...["DeliveryStatusNotificationEnabled", "DomainSecureEnabled", "EightBitMimeEnabled", "EnableAuthGSSAPI", "Enabled"],
  ...["EnhancedStatusCodesEnabled", "ExtendedProtectionPolicy", "Fqdn", "LongAddressesEnabled", "MaxAcknowledgementDelay", "MaxHeaderSize"],
  ...[
    "MaxHopCount",
    "MaxInboundConnection",
    "MaxInboundConnectionPercentagePerSource",
    "MaxInboundConnectionPerSource",
    "MaxLocalHopCount",
  ],
  ...["MaxLogonFailures", "MaxMessageSize", "MaxProtocolErrors", "MaxRecipientsPerMessage", "MessageRateLimit", "MessageRateSource"],
  ...[
    "OrarEnabled",
    "PermissionGroups",
    "PipeliningEnabled",
    "ProtocolLoggingLevel",
    "ProxyEnabled",
    "RejectReservedSecondLevelRecipientDomains",
  ],
  ...["RejectReservedTopLevelRecipientDomains", "RejectSingleLabelRecipientDomains", "RemoteIPRanges", "RequireEHLODomain", "RequireTLS"],
  ...["Server", "ServiceDiscoveryFqdn", "SizeEnabled", "SmtpUtf8Enabled", "SuppressXAnonymousTls", "TarpitInterval", "TlsCertificateName"],
  ...["TlsDomainCapabilities", "TransportRole"],
];

export const ACCEPTED_DOMAIN = ["Name", "DomainName", "DomainType", "MatchSubDomains", "AddressBookEnabled", "Default", "Identity"];

export const REMOTE_DOMAIN = [
  ...[
    "Name",
    "DomainName",
    "IsInternal",
    "AllowedOOFType",
    "AutoReplyEnabled",
    "AutoForwardEnabled",
    "DeliveryReportEnabled",
    "NDREnabled",
  ],
  ...["TNEFEnabled", "TrustedMailInboundEnabled", "TrustedMailOutboundEnabled", "Identity"],
];

export const HYBRID = [
  ...IDENTITY,
  ...[
    "ClientAccessServers",
    "EdgeTransportServers",
    "ReceivingTransportServers",
    "SendingTransportServers",
    "OnPremisesSmartHost",
    "Domains",
  ],
  ...["Features", "ExternalIPAddresses", "TlsCertificateName", "ServiceInstance"],
];

export const EDGESYNC_CONFIG = [
  "ConfigurationSyncInterval",
  "RecipientSyncInterval",
  "CookieValidDuration",
  "FailoverDCInterval",
  "LogEnabled",
  "LogLevel",
  "LogPath",
];

export const SYNCHRONISATION = [
  ...["Name", "SyncStatus", "UtcNow", "LeaseHolder", "LeaseType", "LeaseExpiryUtc", "LastSynchronizedUtc", "FailureDetail"],
  ...["TransportServerStatus", "TransportConfigStatus", "AcceptedDomainStatus", "RemoteDomainStatus", "SendConnectorStatus"],
  ...["MessageClassificationStatus", "CredentialRecords", "CookieRecords"],
];

export const QUEUE = [...CMDLETS["Get-Queue"].properties, "TlsDomain"];

export const CERTIFICATE = CMDLETS["Get-ExchangeCertificate"].properties.filter((property) => property !== "Identity");
