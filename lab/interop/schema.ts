/**
 * As much of Exchange's and Active Directory's schema as the directory room reads (attribute names: exchange.md 6 and
 * 15.9). Object identifiers are from OpenLDAP's arc for experiments, not Microsoft's.
 */
const ARC = "1.3.6.1.4.1.4203.666.11.99";

type Syntax = "text" | "integer" | "bytes" | "name";
const SYNTAXES: Record<Syntax, string> = {
  text: "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15",
  integer: "EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27",
  bytes: "EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40",
  name: "EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12",
};

const ATTRIBUTES: Record<string, Syntax> = {
  configurationNamingContext: "name",
  networkAddress: "text",
  msExchCurrentServerRoles: "integer",
  msExchServerSite: "name",
  msExchServerInternalTLSCert: "bytes",
  msExchSmtpTLSCertificate: "text",
  msExchSMTPReceiveConnectorFQDN: "text",
  msExchSMTPSendConnectorFQDN: "text",
  msExchSmtpSendTlsDomain: "text",
  msExchSmtpSmartHost: "text",
  msExchSmtpSendEnabled: "text",
  msExchSourceBridgeheadServersDN: "name",
  msExchCoexistenceSecureMailCertificateThumbprint: "text",
  msExchCoexistenceEdgeTransportServers: "name",
  msExchSmtpSendFlags: "integer",
  msExchSmtpOutboundSecurityFlag: "integer",
  msExchSmtpSendPort: "integer",
  routingList: "text",
  msExchTransportFlags: "integer",
  msExchEdgeSyncAdamSSLPort: "integer",
  msExchEdgeSyncCredential: "bytes",
  msExchEdgeSyncLease: "text",
  msExchEdgeSyncCookies: "text",
  versionNumber: "integer",
};

/** Structural classes: each has a `cn` and may have any of the attributes. */
const CLASSES = [
  "configuration",
  "container",
  "site",
  "msExchOrganizationContainer",
  "msExchExchangeServer",
  "msExchSmtpReceiveConnector",
  "msExchRoutingSMTPConnector",
  "msExchCoexistenceRelationship",
];
/** Classes that Exchange's objects have besides. */
const AUXILIARY = ["server", "msExchConnector", "mailGateway"];

/** The structural class of an entry: the most specific one that the schema knows. */
export function structuralClass(classes: readonly string[]): string {
  return CLASSES.find((name) => classes.some((one) => one.toLowerCase() === name.toLowerCase())) ?? "container";
}

/** Classes of an entry that the schema knows besides the structural one. */
export function auxiliaryClasses(classes: readonly string[]): string[] {
  return AUXILIARY.filter((name) => classes.some((one) => one.toLowerCase() === name.toLowerCase()));
}

/** Whether the schema has an attribute. */
export function knowsAttribute(name: string): boolean {
  return name === "cn" || Object.keys(ATTRIBUTES).some((one) => one.toLowerCase() === name.toLowerCase());
}

const attributes = Object.entries(ATTRIBUTES).map(
  ([name, syntax], index) => `attributetype ( ${ARC}.1.${index + 1} NAME '${name}' ${SYNTAXES[syntax]} )`,
);
const may = Object.keys(ATTRIBUTES).join(" $ ");
const structural = CLASSES.map(
  (name, index) => `objectclass ( ${ARC}.2.${index + 1} NAME '${name}' SUP top STRUCTURAL MUST cn MAY ( ${may} ) )`,
);
const auxiliary = AUXILIARY.map((name, index) => `objectclass ( ${ARC}.3.${index + 1} NAME '${name}' SUP top AUXILIARY )`);

/** slapd's schema file. */
export const EXCHANGE_SCHEMA = [...attributes, ...structural, ...auxiliary].join("\n") + "\n";
