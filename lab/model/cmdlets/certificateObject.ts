/** ExchangeCertificate objects as Get-ExchangeCertificate shows them. // [PS:Get-ExchangeCertificate], 2.2 */
import { randomUUID } from "node:crypto";
import type { Lab } from "../lab";
import type { PendingRequest, Server } from "../server";
import type { StoredCertificate } from "../store";
import { certificateStatus, rootCaType } from "../trust";

/** Flags in the order of their values. // [L15] 15.1 */
export const SERVICE_FLAGS = { IMAP: 1, POP: 2, UM: 4, IIS: 8, SMTP: 16, Federation: 32, UMCallRouter: 64 } as const;
export type ServiceFlag = keyof typeof SERVICE_FLAGS;
const SLOTS: [ServiceFlag, string][] = [
  ["IMAP", "I"],
  ["POP", "P"],
  ["UM", "U"],
  ["IIS", "W"],
  ["SMTP", "S"],
  ["Federation", "F"],
  ["UMCallRouter", "C"],
];

/** Services are computed, not stored: SMTP is key access, POP and IMAP go by name, the others by thumbprint. // [L15] 15.1 */
export function servicesOf(server: Server, item: StoredCertificate): ServiceFlag[] {
  const names = [...item.certificate.domainNames, item.certificate.commonName ?? ""].map((name) => name.toLowerCase());
  const named = (name: string | null): boolean => name !== null && names.includes(name.toLowerCase());
  const shown: Record<ServiceFlag, boolean> = {
    IMAP: named(server.imapName),
    POP: named(server.popName),
    UM: item.bound.has("UM"),
    IIS: item.bound.has("IIS"),
    SMTP: item.networkService,
    Federation: item.bound.has("Federation"),
    UMCallRouter: item.bound.has("UMCallRouter"),
  };
  return (Object.keys(SERVICE_FLAGS) as ServiceFlag[]).filter((flag) => shown[flag]);
}

export const servicesText = (flags: ServiceFlag[]): string => (flags.length === 0 ? "None" : flags.join(", "));

const runspace = randomUUID();
/** What implicit remoting adds on a Mailbox server. // 1.3 */
export const remoting = (server: Server): { [property: string]: unknown } =>
  server.role === "Mailbox" ? { PSComputerName: server.fqdn.toLowerCase(), RunspaceId: runspace, PSShowComputerName: false } : {};

export function certificateObject(lab: Lab, server: Server, item: StoredCertificate): { [property: string]: unknown } {
  const { certificate } = item;
  const flags = servicesOf(server, item);
  const rawOnly = server.role === "Mailbox" && lab.world.toggles.certificateObjects === "rawData";
  // Without Exchange's assemblies nothing but RawData arrives. // [CSS:GetExchangeCertificateBroken.xml], 1.3
  if (rawOnly) return { RawData: certificate.der, ...remoting(server) };
  return {
    AccessRules: accessRules(item),
    CertificateDomains: certificate.domainNames,
    CertificateRequest: null,
    DnsNameList: certificate.domainNames,
    EnhancedKeyUsageList: certificate.extendedKeyUsage ?? [],
    IISServices: item.bound.has("IIS") ? [`IIS://${server.name}/W3SVC/1`] : [],
    IsSelfSigned: certificate.selfSigned,
    KeyIdentifier: certificate.publicKeySha256.slice(0, 40),
    RootCAType: rootCaType(server, item),
    Services: servicesText(flags),
    ServicesStringForm: SLOTS.map(([flag, letter]) => (flags.includes(flag) ? letter : ".")).join(""),
    Status: certificateStatus(server, item, lab.world.trust(server)),
    SubjectKeyIdentifier: certificate.publicKeySha256.slice(0, 40),
    PrivateKeyExportable: item.exportable,
    PublicKeySize: certificate.keyBits,
    Identity: `${server.fqdn}\\${certificate.thumbprint}`,
    Archived: false,
    // An empty friendly name shows the issuer. // [L15] 15.1
    FriendlyName: item.friendlyName || certificate.issuer,
    HasPrivateKey: item.privateKey !== null,
    SendAsTrustedIssuer: false,
    Issuer: certificate.issuer,
    NotAfter: certificate.notAfter,
    NotBefore: certificate.notBefore,
    RawData: certificate.der,
    SerialNumber: certificate.serialNumber,
    Subject: certificate.subject,
    Thumbprint: certificate.thumbprint,
    Version: certificate.version,
    ...remoting(server),
  };
}

function accessRules(item: StoredCertificate): string[] {
  if (!item.privateKey) return [];
  const rule = "System.Security.AccessControl.CryptoKeyAccessRule";
  return item.networkService ? [rule, rule, rule] : [rule, rule];
}

/** A pending request has a certificate of its own until it is completed. // [DOC:renew-certificates] */
export function requestObject(server: Server, request: PendingRequest): { [property: string]: unknown } {
  return {
    AccessRules: [],
    CertificateDomains: request.domainNames,
    CertificateRequest: request.csrPem,
    IISServices: [],
    IsSelfSigned: false,
    RootCAType: "Unknown",
    Services: "None",
    ServicesStringForm: ".......",
    Status: "PendingRequest",
    PrivateKeyExportable: request.exportable,
    PublicKeySize: request.privateKey.asymmetricKeyDetails?.modulusLength ?? 0,
    Identity: `${server.fqdn}\\${request.thumbprint}`,
    FriendlyName: request.friendlyName,
    HasPrivateKey: true,
    Issuer: request.subject,
    Subject: request.subject,
    NotBefore: request.created,
    NotAfter: new Date(request.created.getTime() + 365 * 86_400_000),
    SerialNumber: request.thumbprint.slice(0, 32),
    Thumbprint: request.thumbprint,
    ...remoting(server),
  };
}
