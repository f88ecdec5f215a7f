/** What Windows and Exchange think of a certificate on one server: dates, chain, revocation, suitability for SMTP. */
import { issuedBy, type Certificate } from "./x509";
import type { StoredCertificate } from "./store";
import type { Server } from "./server";

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** Values of ExchangeCertificate.Status. // [PS:Get-ExchangeCertificate] */
export type CertificateStatus = "Valid" | "DateInvalid" | "Untrusted" | "Revoked" | "RevocationCheckFailure" | "Invalid" | "PendingRequest";

export interface TrustContext {
  now: Date;
  revoked: ReadonlySet<string>;
  revocationWorks: boolean;
  /** ECDSA keys are as good as RSA ones (toggle). // 12, 15.11 */
  ecdsa: boolean;
}

/** Where Windows looks for a chain. */
export type Stores = Pick<Server, "my" | "ca" | "root">;

/** The certificates above `certificate`, up to a trusted root; null when the chain does not end in the Root store. */
export function trustedChain(server: Stores, certificate: Certificate): Certificate[] | null {
  const chain: Certificate[] = [];
  for (let current = certificate; chain.length < 10;) {
    if (server.root.find(current.thumbprint)) return chain;
    if (current.selfSigned) return null;
    const pool = [...server.root.entries, ...server.ca.entries, ...server.my.entries];
    const issuer = pool.find((item) => issuedBy(current, item.certificate))?.certificate;
    if (!issuer) return null;
    chain.push(issuer);
    current = issuer;
  }
  return null;
}

/** Certificates to send after the leaf: the intermediates that the server knows, without the root. */
export function presentedChain(server: Server, leaf: Certificate): Certificate[] {
  return (trustedChain(server, leaf) ?? []).filter((certificate) => !certificate.selfSigned);
}

export function datesValid(certificate: Certificate, now: Date): boolean {
  return certificate.notBefore <= now && now <= certificate.notAfter;
}

/** Status as Get-ExchangeCertificate shows it; a self-signed certificate needs no chain. // [PS:Get-ExchangeCertificate] */
export function certificateStatus(server: Stores, item: StoredCertificate, context: TrustContext): CertificateStatus {
  const { certificate } = item;
  if (!datesValid(certificate, context.now)) return "DateInvalid";
  if (certificate.selfSigned) return "Valid";
  if (!trustedChain(server, certificate)) return "Untrusted";
  if (!context.revocationWorks) return "RevocationCheckFailure";
  return context.revoked.has(certificate.thumbprint) ? "Revoked" : "Valid";
}

export function rootCaType(server: Server, item: StoredCertificate): string {
  if (item.rootCaType) return item.rootCaType;
  if (item.certificate.selfSigned) return "None";
  const chain = trustedChain(server, item.certificate);
  const root = chain?.at(-1);
  return root ? (server.root.find(root.thumbprint)?.rootCaType ?? "ThirdParty") : "Unknown";
}

/** Why Exchange would not enable or remove a certificate; null when it is suitable. Dates, trust and names are not looked at. // [L15] 15.1 */
export function unsuitableForSmtp(item: StoredCertificate, { ecdsa }: Pick<TrustContext, "ecdsa">): string | null {
  const { certificate } = item;
  const elliptic = ecdsa && certificate.keyType === "EC";
  if (certificate.keyType !== "RSA" && certificate.keyType !== "DSA" && !elliptic) return "PublicKeyUnsupportedAlgorithm";
  if (certificate.keyUsage && !certificate.keyUsage.some((usage) => usage === "digitalSignature" || usage === "nonRepudiation"))
    return "KeyUsageCorrupted";
  if (certificate.extendedKeyUsage && !certificate.extendedKeyUsage.includes(SERVER_AUTH)) return "NotSuitableForServerAuthentication";
  if (certificate.keyBits < 1024 && !elliptic) return "KeyTooSmall";
  if (!item.privateKey) return "PrivateKeyNotAccessible";
  return null;
}
