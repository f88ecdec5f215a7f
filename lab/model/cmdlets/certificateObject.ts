/** ExchangeCertificate objects as Get-ExchangeCertificate shows them. // [PS:Get-ExchangeCertificate], 2.2 */
import type { PendingRequest, Server } from "../server";
import type { StoredCertificate } from "../store";
import { certificateStatus, rootCaType } from "../trust";
import type { Call } from "./binding";
import { arrived, rehydrates, remoting } from "./remoting";

const TYPE = "Microsoft.Exchange.Management.SystemConfigurationTasks.ExchangeCertificate";

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

/** Without Exchange's assemblies nothing but RawData arrives. // [CSS:GetExchangeCertificateBroken.xml], 1.3 */
const rawDataAlone = (call: Call, der: Buffer): { [property: string]: unknown } => ({ RawData: der, ...remoting(call.server) });

export function certificateObject(call: Call, server: Server, item: StoredCertificate): { [property: string]: unknown } {
  const { certificate } = item;
  const flags = servicesOf(server, item);
  if (!rehydrates(call)) return rawDataAlone(call, certificate.der);
  return {
    AccessRules: accessRules(item),
    CertificateDomains: certificate.domainNames,
    CertificateRequest: null,
    IISServices: item.bound.has("IIS") ? [`IIS://${server.name}/W3SVC/1`] : [],
    IsSelfSigned: certificate.selfSigned,
    KeyIdentifier: certificate.publicKeySha256.slice(0, 40),
    RootCAType: rootCaType(server, item, call.lab.world.trust(server).now),
    Services: servicesText(flags),
    ServicesStringForm: SLOTS.map(([flag, letter]) => (flags.includes(flag) ? letter : ".")).join(""),
    Status: certificateStatus(server, item, call.lab.world.trust(server)),
    SubjectKeyIdentifier: certificate.publicKeySha256.slice(0, 40),
    PrivateKeyExportable: item.exportable,
    PublicKeySize: certificate.keyBits,
    Identity: `${server.fqdn}\\${certificate.thumbprint}`,
    // An empty friendly name shows the issuer. // [L15] 15.1
    FriendlyName: item.friendlyName || certificate.issuer,
    HasPrivateKey: item.privateKey !== null,
    Issuer: certificate.issuer,
    NotAfter: certificate.notAfter,
    NotBefore: certificate.notBefore,
    RawData: certificate.der,
    SerialNumber: certificate.serialNumber,
    Subject: certificate.subject,
    Thumbprint: certificate.thumbprint,
    Version: certificate.version,
    EnhancedKeyUsageList: (certificate.extendedKeyUsage ?? []).map(usageText),
    ...inherited(certificate.domainNames, item.privateKey !== null),
    ...arrived(call, TYPE),
  };
}

/** What X509Certificate2 brings along, as it prints. // [PS:Get-ExchangeCertificate] */
function inherited(names: string[], hasKey: boolean): { [property: string]: unknown } {
  const dotnet = "System.Security.Cryptography";
  return {
    Archived: false,
    DnsNameList: names,
    Extensions: [`${dotnet}.X509Certificates.X509Extension`],
    Handle: 2147483647,
    IssuerName: `${dotnet}.X509Certificates.X500DistinguishedName`,
    PrivateKey: hasKey ? `${dotnet}.RSACryptoServiceProvider` : null,
    PublicKey: `${dotnet}.X509Certificates.PublicKey`,
    SendAsTrustedIssuer: false,
    SignatureAlgorithm: `${dotnet}.Oid`,
    SubjectName: `${dotnet}.X509Certificates.X500DistinguishedName`,
  };
}

const USAGES: { [oid: string]: string } = {
  "1.3.6.1.5.5.7.3.1": "Server Authentication",
  "1.3.6.1.5.5.7.3.2": "Client Authentication",
  "1.3.6.1.5.5.7.3.4": "Secure Email",
};
const usageText = (oid: string): string => `${USAGES[oid] ?? "Unknown Key Usage"} (${oid})`;

function accessRules(item: StoredCertificate): string[] {
  if (!item.privateKey) return [];
  const rule = "System.Security.AccessControl.CryptoKeyAccessRule";
  return item.networkService ? [rule, rule, rule] : [rule, rule];
}

/** A pending request has a certificate of its own until it is completed. // [DOC:renew-certificates] */
export function requestObject(call: Call, server: Server, request: PendingRequest): { [property: string]: unknown } {
  const { certificate } = request;
  if (!rehydrates(call)) return rawDataAlone(call, certificate.der);
  return {
    AccessRules: [],
    CertificateDomains: request.domainNames,
    CertificateRequest: request.csrPem,
    IISServices: [],
    IsSelfSigned: false,
    KeyIdentifier: certificate.publicKeySha256.slice(0, 40),
    RootCAType: "Unknown",
    Services: "None",
    ServicesStringForm: ".......",
    Status: "PendingRequest",
    SubjectKeyIdentifier: certificate.publicKeySha256.slice(0, 40),
    PrivateKeyExportable: request.exportable,
    PublicKeySize: certificate.keyBits,
    Identity: `${server.fqdn}\\${certificate.thumbprint}`,
    FriendlyName: request.friendlyName,
    HasPrivateKey: true,
    Issuer: certificate.issuer,
    Subject: certificate.subject,
    NotBefore: certificate.notBefore,
    NotAfter: certificate.notAfter,
    RawData: certificate.der,
    SerialNumber: certificate.serialNumber,
    Thumbprint: certificate.thumbprint,
    Version: certificate.version,
    EnhancedKeyUsageList: [],
    ...inherited(request.domainNames, true),
    ...arrived(call, TYPE),
  };
}
