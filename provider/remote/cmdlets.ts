/**
 * The closed list of cmdlets and parameters that the agent runs. The list inside agent.ps1 and the JEA role
 * capability are generated from it (`node dist/tools/generate-agent.js`); sources: reference pages of each cmdlet.
 */

/**
 * JSON form of a parameter's value (docs/agent-protocol.md, "Parameter types"). A trailing `?` also allows null, which clears the property.
 * `list` is a string, an array of strings, or `{Add, Remove}`; `path` is a file directly or deeper in the working folder, written absolute.
 */
export type ParameterType =
  | "string"
  | "string?"
  | "boolean"
  | "boolean?"
  | "switch"
  | "integer"
  | "bytes"
  | "secure"
  | "time"
  | "timespan"
  | "list"
  | "list?"
  | "path";

export interface CmdletRule {
  /** Runs inside an operation of its own alone, since its rows must not leave the host: `invoke` refuses it. */
  withheld?: true;
  /** Needs a fence. Equals `isMutation("invoke", cmdlet)`. */
  mutating: boolean;
  /** Where Exchange has the cmdlet. For people: a cmdlet that the shell lacks is `CommandNotFound`. */
  roles: ("Edge" | "Mailbox")[];
  parameters: { [name: string]: ParameterType };
  /** Properties that the client selects. For people: any property name may be selected. */
  properties: string[];
}

const BOTH: CmdletRule["roles"] = ["Edge", "Mailbox"];
const MAILBOX: CmdletRule["roles"] = ["Mailbox"];

const CERTIFICATE = [
  "Thumbprint",
  "RawData",
  "Services",
  "Status",
  "FriendlyName",
  "HasPrivateKey",
  "PrivateKeyExportable",
  "RootCAType",
  "CertificateRequest",
  "Identity",
];
const SEND_CONNECTOR = [
  "Name",
  "Identity",
  "AddressSpaces",
  "SmartHosts",
  "DNSRoutingEnabled",
  "SourceTransportServers",
  "Fqdn",
  "TlsCertificateName",
  "TlsAuthLevel",
  "TlsDomain",
  "RequireTLS",
  "IgnoreSTARTTLS",
  "ForceHELO",
  "DomainSecureEnabled",
  "CloudServicesMailEnabled",
  "FrontendProxyEnabled",
  "Enabled",
  "IsScopedConnector",
  "RequireOorg",
  "UseExternalDNSServersEnabled",
  "SmartHostAuthMechanism",
  "ErrorPolicies",
  "ProtocolLoggingLevel",
  "ConnectionInactivityTimeOut",
  "MaxMessageSize",
  "Port",
  "SmtpMaxMessagesPerConnection",
  "Comment",
];

/** Parameters that New- and Set-SendConnector share. */
const SEND_CONNECTOR_SETTINGS: CmdletRule["parameters"] = {
  AddressSpaces: "list",
  SmartHosts: "list?",
  DNSRoutingEnabled: "boolean",
  SourceTransportServers: "list",
  Fqdn: "string?",
  TlsCertificateName: "string?",
  TlsAuthLevel: "string?",
  TlsDomain: "string?",
  RequireTLS: "boolean",
  IgnoreSTARTTLS: "boolean",
  ForceHELO: "boolean",
  DomainSecureEnabled: "boolean",
  CloudServicesMailEnabled: "boolean",
  FrontendProxyEnabled: "boolean",
  Enabled: "boolean",
  IsScopedConnector: "boolean",
  RequireOorg: "boolean",
  UseExternalDNSServersEnabled: "boolean",
  SmartHostAuthMechanism: "string",
  ErrorPolicies: "string",
  ProtocolLoggingLevel: "string",
  ConnectionInactivityTimeOut: "timespan",
  MaxMessageSize: "string",
  Port: "integer",
  SmtpMaxMessagesPerConnection: "integer",
  Comment: "string?",
  Force: "switch",
  Confirm: "boolean",
};

/** Every cmdlet that may be invoked. Names are compared ignoring case. */
export const CMDLETS: { [cmdlet: string]: CmdletRule } = {
  "Get-ExchangeCertificate": {
    mutating: false,
    roles: BOTH,
    parameters: { Thumbprint: "string", DomainName: "list", Server: "string", Identity: "string" },
    properties: CERTIFICATE,
  },
  "Import-ExchangeCertificate": {
    mutating: true,
    roles: BOTH,
    parameters: {
      FileData: "bytes",
      Password: "secure",
      FriendlyName: "string",
      PrivateKeyExportable: "boolean",
      Server: "string",
      Confirm: "boolean",
    },
    properties: ["Thumbprint"],
  },
  "New-ExchangeCertificate": {
    mutating: true,
    roles: BOTH,
    parameters: {
      GenerateRequest: "switch",
      SubjectName: "string",
      DomainName: "list",
      FriendlyName: "string",
      KeySize: "integer",
      PrivateKeyExportable: "boolean",
      Services: "string",
      BinaryEncoded: "switch",
      Server: "string",
      Force: "switch",
      Confirm: "boolean",
    },
    properties: ["Thumbprint", "RawData", "FileData"],
  },
  "Enable-ExchangeCertificate": {
    mutating: true,
    roles: BOTH,
    parameters: {
      Thumbprint: "string",
      Services: "string",
      NetworkServiceAllowed: "switch",
      DoNotRequireSsl: "switch",
      Server: "string",
      Force: "switch",
      Confirm: "boolean",
    },
    properties: [],
  },
  "Remove-ExchangeCertificate": {
    mutating: true,
    roles: BOTH,
    parameters: { Thumbprint: "string", Server: "string", Confirm: "boolean" },
    properties: [],
  },
  "Export-ExchangeCertificate": {
    mutating: false,
    roles: BOTH,
    parameters: { Thumbprint: "string", BinaryEncoded: "switch", Password: "secure", Server: "string", Confirm: "boolean" },
    properties: ["FileData"],
  },
  "Get-SendConnector": { mutating: false, roles: BOTH, parameters: { Identity: "string" }, properties: SEND_CONNECTOR },
  "Set-SendConnector": {
    mutating: true,
    roles: BOTH,
    parameters: { Identity: "string", ...SEND_CONNECTOR_SETTINGS },
    properties: [],
  },
  "New-SendConnector": {
    mutating: true,
    roles: BOTH,
    parameters: { Name: "string", Usage: "string", ...SEND_CONNECTOR_SETTINGS },
    properties: ["Name"],
  },
  "Remove-SendConnector": { mutating: true, roles: BOTH, parameters: { Identity: "string", Confirm: "boolean" }, properties: [] },
  "Get-ReceiveConnector": {
    mutating: false,
    roles: BOTH,
    parameters: { Identity: "string", Server: "string" },
    properties: [
      "Name",
      "Identity",
      "Server",
      "Fqdn",
      "TlsCertificateName",
      "TlsDomainCapabilities",
      "AuthMechanism",
      "RequireTLS",
      "Enabled",
      "Bindings",
      "TransportRole",
    ],
  },
  "Set-ReceiveConnector": {
    mutating: true,
    roles: BOTH,
    parameters: {
      Identity: "string",
      TlsCertificateName: "string?",
      TlsDomainCapabilities: "list?",
      Fqdn: "string?",
      Confirm: "boolean",
    },
    properties: [],
  },
  "Get-TransportService": {
    mutating: false,
    roles: BOTH,
    parameters: { Identity: "string" },
    properties: ["Name", "InternalTransportCertificateThumbprint"],
  },
  "New-EdgeSubscription": {
    mutating: true,
    roles: BOTH,
    parameters: {
      FileName: "path",
      FileData: "bytes",
      Site: "string",
      CreateInternetSendConnector: "boolean",
      CreateInboundSendConnector: "boolean",
      AccountExpiryDuration: "timespan",
      Force: "switch",
      Confirm: "boolean",
    },
    properties: ["Name", "Site"],
  },
  "Get-EdgeSubscription": {
    mutating: false,
    roles: BOTH,
    parameters: { Identity: "string" },
    properties: ["Name", "Identity", "Site", "Domain"],
  },
  "Remove-EdgeSubscription": {
    mutating: true,
    roles: BOTH,
    parameters: { Identity: "string", Force: "switch", Confirm: "boolean" },
    properties: [],
  },
  "Start-EdgeSynchronization": {
    mutating: true,
    roles: MAILBOX,
    parameters: {
      Server: "string",
      TargetServer: "string",
      ForceFullSync: "switch",
      ForceUpdateCookie: "switch",
      Confirm: "boolean",
    },
    properties: [
      "Name",
      "Type",
      "Result",
      "FailureDetails",
      "StartUTC",
      "EndUTC",
      "Added",
      "Deleted",
      "Updated",
      "Scanned",
      "TargetScanned",
    ],
  },
  "Test-EdgeSynchronization": {
    mutating: false,
    roles: MAILBOX,
    parameters: { TargetServer: "string", FullCompareMode: "switch", ExcludeRecipientTest: "switch" },
    properties: [
      "Name",
      "SyncStatus",
      "UtcNow",
      "LastSynchronizedUtc",
      "FailureDetail",
      "LeaseHolder",
      "LeaseType",
      "LeaseExpiryUtc",
      "TransportServerStatus",
      "TransportConfigStatus",
      "AcceptedDomainStatus",
      "RemoteDomainStatus",
      "SendConnectorStatus",
      "MessageClassificationStatus",
      "RecipientStatus",
    ],
  },
  "Get-EdgeSyncServiceConfig": {
    mutating: false,
    roles: MAILBOX,
    parameters: { Identity: "string", Site: "string" },
    properties: [
      "Name",
      "Site",
      "ConfigurationSyncInterval",
      "RecipientSyncInterval",
      "LockDuration",
      "LockRenewalDuration",
      "OptionDuration",
    ],
  },
  "Get-AuthConfig": {
    mutating: false,
    roles: MAILBOX,
    parameters: {},
    properties: [
      "CurrentCertificateThumbprint",
      "PreviousCertificateThumbprint",
      "NextCertificateThumbprint",
      "NextCertificateEffectiveDate",
      "DistinguishedName",
    ],
  },
  "Set-AuthConfig": {
    mutating: true,
    roles: MAILBOX,
    parameters: {
      NewCertificateThumbprint: "string",
      NewCertificateEffectiveDate: "time",
      PublishCertificate: "switch",
      ClearPreviousCertificate: "switch",
      Server: "string",
      Force: "switch",
      Confirm: "boolean",
    },
    properties: [],
  },
  "Get-SettingOverride": {
    mutating: false,
    roles: MAILBOX,
    parameters: { Identity: "string" },
    properties: ["Name", "ComponentName", "SectionName", "Parameters", "Server"],
  },
  "Get-OrganizationConfig": { mutating: false, roles: MAILBOX, parameters: {}, properties: ["Name", "AdfsIssuer"] },
  "Get-HybridConfiguration": {
    mutating: false,
    roles: MAILBOX,
    parameters: {},
    properties: ["TlsCertificateName", "EdgeTransportServers", "SendingTransportServers", "ReceivingTransportServers", "Domains"],
  },
  "Set-HybridConfiguration": {
    mutating: true,
    roles: MAILBOX,
    parameters: { TlsCertificateName: "string?", EdgeTransportServers: "list?", Confirm: "boolean" },
    properties: [],
  },
  "Get-Queue": {
    mutating: false,
    roles: BOTH,
    parameters: { Identity: "string", Server: "string", Filter: "string", Exclude: "string", Include: "string" },
    properties: ["Identity", "DeliveryType", "Status", "MessageCount", "NextHopDomain", "NextHopConnector", "LastError", "NextRetryTime"],
  },
  "Get-MessageTrackingLog": {
    withheld: true,
    mutating: false,
    roles: BOTH,
    parameters: { Start: "time", End: "time", MessageId: "string", Server: "string", ResultSize: "string" },
    properties: ["Timestamp", "EventId", "Source"],
  },
  "Get-ExchangeServer": {
    mutating: false,
    roles: BOTH,
    parameters: { Identity: "string", Status: "switch" },
    properties: [
      "Name",
      "Fqdn",
      "ServerRole",
      "IsEdgeServer",
      "IsHubTransportServer",
      "AdminDisplayVersion",
      "Site",
      "Edition",
      "DistinguishedName",
    ],
  },
  "Get-AcceptedDomain": {
    mutating: false,
    roles: BOTH,
    parameters: { Identity: "string" },
    properties: ["Name", "DomainName", "DomainType", "Default"],
  },
  "Get-RemoteDomain": { mutating: false, roles: BOTH, parameters: { Identity: "string" }, properties: ["Name", "DomainName"] },
  "Get-ServerHealth": {
    mutating: false,
    roles: BOTH,
    parameters: { Identity: "string", HealthSet: "string" },
    properties: ["Name", "TargetResource", "HealthSetName", "AlertValue", "ServerComponentName", "CurrentHealthSetState"],
  },
  "Get-ServerComponentState": {
    mutating: false,
    roles: BOTH,
    parameters: { Identity: "string", Component: "string" },
    properties: ["Component", "State"],
  },
  "Set-ServerComponentState": {
    mutating: true,
    roles: BOTH,
    parameters: { Identity: "string", Component: "string", Requester: "string", State: "string", Confirm: "boolean" },
    properties: [],
  },
  "Get-ADSite": { mutating: false, roles: MAILBOX, parameters: { Identity: "string" }, properties: ["Name", "HubSiteEnabled"] },
};
