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
  /** What Get-ExchangeCertificate shows where only paths through an expired issuer are left (toggle). */
  expiredIssuer?: "DateInvalid" | "Untrusted";
  /** ECDSA keys are as good as RSA ones (toggle). // 12, 15.11 */
  ecdsa: boolean;
}

/** Where Windows looks for a chain; in a copied organisation also what the real server said of one. */
export type Stores = Pick<Server, "my" | "ca" | "root"> & Partial<Pick<Server, "told" | "rootNames">>;

const MAX_LENGTH = 10;

/**
 * The certificates above `certificate`, up to a trusted root; null when no path ends in the Root store. Windows builds every path
 * (authorities are signed by several others, and renewed with the same name and key) and takes one that is valid now, else one that is
 * not; the shortest of them.
 */
export function trustedChain(server: Stores, certificate: Certificate, now: Date): Certificate[] | null {
  const pool = [...server.root.entries, ...server.ca.entries, ...server.my.entries].map((item) => item.certificate);
  const found: Certificate[][] = [];
  const climb = (current: Certificate, chain: Certificate[]): void => {
    if (server.root.find(current.thumbprint)) return void found.push(chain);
    if (current.selfSigned || chain.length >= MAX_LENGTH) return;
    if (hasUnseenRoot(server, current)) return void found.push(chain);
    const seen = (one: Certificate): boolean =>
      one.thumbprint === certificate.thumbprint || chain.some((other) => other.publicKeySha256 === one.publicKeySha256);
    const issuers = new Map(pool.filter((one) => !seen(one) && issuedBy(current, one)).map((one) => [one.thumbprint, one]));
    for (const issuer of issuers.values()) climb(issuer, [...chain, issuer]);
  };
  climb(certificate, []);
  const expired = (chain: Certificate[]): number => (chain.every((one) => datesValid(one, now)) ? 0 : 1);
  return found.sort((a, b) => expired(a) - expired(b) || a.length - b.length)[0] ?? null;
}

/** A copied organisation: the real server trusts a root of that name, which it does not send. */
function hasUnseenRoot({ rootNames }: Stores, { issuer }: Certificate): boolean {
  return rootNames !== undefined && [...rootNames.values()].includes(issuer);
}

/** Certificates to send after the leaf: the intermediates that the server knows, without the root. */
export function presentedChain(server: Stores, leaf: Certificate, now: Date): Certificate[] {
  return (trustedChain(server, leaf, now) ?? []).filter((certificate) => !certificate.selfSigned);
}

export function datesValid(certificate: Certificate, now: Date): boolean {
  return certificate.notBefore <= now && now <= certificate.notAfter;
}

/** Status as Get-ExchangeCertificate shows it; a self-signed certificate needs no chain. // [PS:Get-ExchangeCertificate] */
export function certificateStatus(server: Stores, item: StoredCertificate, context: TrustContext): CertificateStatus {
  const { certificate } = item;
  if (!datesValid(certificate, context.now)) return "DateInvalid";
  if (certificate.selfSigned) return "Valid";
  const chain = trustedChain(server, certificate, context.now);
  if (!chain) return server.told?.get(certificate.thumbprint)?.status ?? "Untrusted";
  if (!chain.every((one) => datesValid(one, context.now))) return context.expiredIssuer ?? "DateInvalid";
  if (!context.revocationWorks) return "RevocationCheckFailure";
  return context.revoked.has(certificate.thumbprint) ? "Revoked" : "Valid";
}

export function rootCaType(server: Server, item: StoredCertificate, now: Date): string {
  if (item.rootCaType) return item.rootCaType;
  if (item.certificate.selfSigned) return "None";
  const chain = trustedChain(server, item.certificate, now);
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
