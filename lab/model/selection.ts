/** Which certificate transport takes: by FQDN, by TlsCertificateName, and for direct trust. Pure: a server, the entries of My that the process sees and a context in, an entry out. */
import { certificateStatus, datesValid, unsuitableForSmtp, type TrustContext } from "./trust";
import type { Server } from "./server";
import type { StoredCertificate } from "./store";
import type { TlsName } from "./tlsName";

/** Version 3, key readable by transport, RSA or DSA, usages: the SMTP flag itself is not asked. // [L15] 15.3 */
function usable(item: StoredCertificate, context: TrustContext): boolean {
  return item.certificate.version >= 3 && item.networkService && unsuitableForSmtp(item, context) === null;
}

function names(item: StoredCertificate): string[] {
  const all = [...item.certificate.domainNames, item.certificate.commonName ?? ""];
  return all.filter(Boolean).map((name) => name.toLowerCase());
}

/** Whether `*.contoso.com` covers `mail.contoso.com`: one label, no more. */
export function wildcardCovers(pattern: string, fqdn: string): boolean {
  return pattern.startsWith("*.") && fqdn.includes(".") && fqdn.slice(fqdn.indexOf(".") + 1) === pattern.slice(2);
}

/** Best of candidates that carry the name, newest NotBefore first. // [L15] 15.3 */
function best(server: Server, candidates: StoredCertificate[], context: TrustContext): StoredCertificate | null {
  const newestFirst = [...candidates].sort((a, b) => b.certificate.notBefore.getTime() - a.certificate.notBefore.getTime());
  let unchecked: StoredCertificate | null = null;
  let selfSigned: StoredCertificate | null = null;
  for (const item of newestFirst) {
    // Meeting an expired one ends the search and it is taken. // [L15] 15.3
    if (item.certificate.notAfter < context.now) return item;
    if (!datesValid(item.certificate, context.now)) continue;
    if (item.certificate.selfSigned) {
      selfSigned ??= item;
      continue;
    }
    const status = certificateStatus(server, item, context);
    if (status === "Valid") return item;
    // Untrusted and revoked ones are passed over. // [L15] 15.3
    if (status === "RevocationCheckFailure") unchecked ??= item;
  }
  return unchecked ?? selfSigned;
}

/** Exact names first, then wildcards: an exact self-signed match beats a wildcard of a CA. // [L15] 15.3 */
export function selectByFqdn(
  server: Server,
  entries: readonly StoredCertificate[],
  fqdn: string,
  context: TrustContext,
): StoredCertificate | null {
  const wanted = fqdn.toLowerCase();
  const candidates = entries.filter((item) => usable(item, context));
  const exact = candidates.filter((item) => names(item).includes(wanted));
  const wildcard = candidates.filter((item) => names(item).some((name) => wildcardCovers(name, wanted)));
  return best(server, exact, context) ?? best(server, wildcard, context);
}

/** Whether a certificate carries a name, exactly or by a wildcard. */
export function carries(item: StoredCertificate, fqdn: string): boolean {
  const wanted = fqdn.toLowerCase();
  return names(item).some((name) => name === wanted || wildcardCovers(name, wanted));
}

/** Get-ExchangeCertificate -DomainName: wildcards in the same pass, and keys that Local System can read. // [L15] 15.1 */
export function selectForService(server: Server, fqdn: string, context: TrustContext): StoredCertificate | null {
  const fitting = server.my.entries.filter((item) => item.certificate.version >= 3 && unsuitableForSmtp(item, context) === null);
  return best(
    server,
    fitting.filter((item) => carries(item, fqdn)),
    context,
  );
}

/** Valid certificates with that subject, the first in the store's order whose issuer matches; key access is not asked here. // [L15] 15.3, [BLOG25] */
export function selectByTlsName(
  server: Server,
  entries: readonly StoredCertificate[],
  name: TlsName,
  context: TrustContext,
  choice: string,
): { item: StoredCertificate | null; matches: number } {
  const matching = entries.filter((item) => name.matches(item.certificate));
  const valid = matching.filter((item) => certificateStatus(server, item, context) === "Valid" || unchecked(server, item, context));
  const latest = (a: StoredCertificate, b: StoredCertificate): number =>
    b.certificate.notAfter.getTime() - a.certificate.notAfter.getTime();
  const ordered = choice === "latest" ? [...valid].sort(latest) : valid;
  return { item: ordered[0] ?? null, matches: matching.length };
}

function unchecked(server: Server, item: StoredCertificate, context: TrustContext): boolean {
  return certificateStatus(server, item, context) === "RevocationCheckFailure";
}

export type InternalChoice =
  { kind: "default"; item: StoredCertificate } | { kind: "byName"; item: StoredCertificate } | { kind: "ephemeral" };

/** Internal certificate: by thumbprint, else one for the server's FQDN (12023), else an ephemeral one (12024). // [L15] 15.3 */
export function selectInternal(
  server: Server,
  entries: readonly StoredCertificate[],
  thumbprint: string | null,
  context: TrustContext,
): InternalChoice {
  const item = entries.find((item) => item.certificate.thumbprint === thumbprint);
  if (item?.privateKey && item.networkService) return { kind: "default", item };
  const other = selectByFqdn(server, entries, server.fqdn, context);
  return other ? { kind: "byName", item: other } : { kind: "ephemeral" };
}
