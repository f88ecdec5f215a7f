/** Attributes of Exchange's objects in the configuration partition, out of their shell properties. // [L15] 15.4, 15.9 */
type Bag = { [property: string]: unknown };

const AUTH_LEVELS: { [level: string]: number } = { EncryptionOnly: 1, CertificateValidation: 2, DomainValidation: 4 };
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** 4 DomainSecure, bits 4–11 TlsAuthLevel, 131072 CloudServicesMail. // [L15] 15.9 */
function sendFlags(bag: Bag): number {
  const level = AUTH_LEVELS[String(bag.TlsAuthLevel)] ?? 0;
  return (bag.DomainSecureEnabled ? 4 : 0) | (level << 4) | (bag.CloudServicesMailEnabled ? 131072 : 0);
}

/** 4 RequireTLS, 8388608 IgnoreSTARTTLS. // [L15] 15.9 */
const securityFlag = (bag: Bag): number => (bag.RequireTLS ? 4 : 0) | (bag.IgnoreSTARTTLS ? 8388608 : 0);

/** The SMTP virtual server object below a server: connectors point at it, not at the server. // [L15] 15.9 */
export const virtualServerDn = (server: string, serversDn: string): string => `CN=1,CN=SMTP,CN=Protocols,CN=${server},${serversDn}`;

export function sendConnectorAttributes(bag: Bag, serversDn: string): Bag {
  return {
    msExchSmtpTLSCertificate: bag.TlsCertificateName,
    msExchSMTPSendConnectorFQDN: bag.Fqdn,
    msExchSmtpSendTlsDomain: bag.TlsDomain,
    msExchSmtpSmartHost: bag.SmartHostsString,
    routingList: list(bag.AddressSpaces),
    msExchSmtpSendEnabled: bag.Enabled,
    msExchSmtpSendPort: bag.Port,
    msExchSmtpSendFlags: sendFlags(bag),
    msExchSmtpOutboundSecurityFlag: securityFlag(bag),
    msExchSourceBridgeheadServersDN: list(bag.SourceTransportServers).map((name) => virtualServerDn(name, serversDn)),
    ...identityAttributes(bag),
  };
}

export function receiveConnectorAttributes(bag: Bag): Bag {
  return { msExchSmtpTLSCertificate: bag.TlsCertificateName, msExchSMTPReceiveConnectorFQDN: bag.Fqdn, ...identityAttributes(bag) };
}

export function hybridAttributes(bag: Bag, serversDn: string): Bag {
  const servers = (names: unknown): string[] => list(names).map((name) => `CN=${name},${serversDn}`);
  return {
    msExchCoexistenceSecureMailCertificateThumbprint: bag.TlsCertificateName,
    msExchCoexistenceEdgeTransportServers: servers(bag.EdgeTransportServers),
    ...identityAttributes(bag),
  };
}

/** `20261201083000.0Z`. */
const generalised = (value: unknown): string | null =>
  value instanceof Date ? `${value.toISOString().slice(0, 19).replace(/[-T:]/g, "")}.0Z` : null;

function identityAttributes(bag: Bag): Bag {
  return { objectGUID: guidBytes(bag.Guid), whenChanged: generalised(bag.WhenChangedUTC), whenCreated: generalised(bag.WhenCreatedUTC) };
}

/** Windows stores the first three parts with their bytes reversed. */
function guidBytes(guid: unknown): Buffer | null {
  if (typeof guid !== "string") return null;
  const bytes = Buffer.from(guid.replaceAll("-", ""), "hex");
  return Buffer.concat([bytes.subarray(0, 4).reverse(), bytes.subarray(4, 6).reverse(), bytes.subarray(6, 8).reverse(), bytes.subarray(8)]);
}
