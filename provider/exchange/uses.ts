/**
 * What uses a certificate of a server. One that nothing uses never alarms; what is not known counts as a use, because an alarm too
 * many costs a look, one too few costs the mail. Pure.
 */
import { sameTlsCertificateName } from "../pki";
import type { InstalledCertificate } from "./certificates";
import { coverage } from "./starttlsChoice";
import { equalNames } from "./shell";

export type UsedCertificate = Pick<
  InstalledCertificate,
  "thumbprint" | "commonName" | "domainNames" | "tlsCertificateName" | "notBefore" | "notAfter" | "services" | "hasPrivateKey" | "status"
>;

/** What a server's configuration says of certificates. `null` = not known. */
export interface Usage {
  /** Thumbprint of the default (internal transport) certificate; "" = none. */
  default: string | null;
  /** Names that connectors and the hybrid configuration carry, with the object that carries them. */
  names: readonly { object: string; tlsCertificateName: string }[];
  /** FQDNs of connectors that carry no name: STARTTLS looks for a certificate by them (exchange.md 15.3). */
  fqdns: readonly { object: string; fqdn: string }[];
  /** What AD LDS presents; "" = the server has none. */
  ldaps: string | null;
  /** Thumbprints that IIS and other listeners of http.sys are bound to, the back end's among them. */
  bindings: readonly string[] | null;
  /** Thumbprints of the organisation's Auth configuration: the current, the previous and the next one. */
  auth: readonly string[] | null;
}

/**
 * The uses of one certificate among those of its server, in words: `default`, `IIS`, `connector Outbound`, `STARTTLS of EDGE01\Default`,
 * `LDAPS`, `IIS binding`, `Auth configuration`; `not known: …` where a use could not be ruled out. Empty: nothing uses it.
 */
export function usesOf(one: UsedCertificate, all: readonly UsedCertificate[], usage: Usage, now: Date): string[] {
  const { thumbprint } = one;
  const known: string[] = [];
  const unknown: string[] = [];
  const ask = (use: string, answer: boolean | null): void => {
    if (answer === null) unknown.push(use);
    else if (answer) known.push(use);
  };
  ask("default", usage.default === null ? null : equalNames(usage.default, thumbprint));
  // Exchange shows POP, IMAP, IIS, UM and Federation only for what serves them (exchange.md 15.1).
  for (const service of one.services ?? []) if (service !== "SMTP") known.push(service);
  for (const { object, tlsCertificateName } of usage.names) {
    if (sameTlsCertificateName(tlsCertificateName, one.tlsCertificateName) && !hasSuccessor(one, all, now)) known.push(object);
  }
  if (one.services === null) unknown.push("services");
  else if (one.services.includes("SMTP"))
    for (const { object, fqdn } of usage.fqdns) if (coverage(one, fqdn) !== null) known.push(`STARTTLS of ${object}`);
  ask("LDAPS", usage.ldaps === null ? null : equalNames(usage.ldaps, thumbprint));
  ask("IIS binding", has(usage.bindings, thumbprint));
  ask("Auth configuration", has(usage.auth, thumbprint));
  if (known.length > 0) return [...new Set(known)];
  return unknown.length > 0 && one.hasPrivateKey ? [`not known: ${unknown.join(", ")}`] : [];
}

function has(thumbprints: readonly string[] | null, wanted: string): boolean | null {
  return thumbprints === null ? null : thumbprints.some((one) => equalNames(one, wanted));
}

/** Another certificate of the same name that outlives this one: a connector's name leads to the newest (exchange.md 15.4). */
function hasSuccessor(one: UsedCertificate, all: readonly UsedCertificate[], now: Date): boolean {
  return all.some(
    (other) =>
      other.thumbprint !== one.thumbprint &&
      sameTlsCertificateName(other.tlsCertificateName, one.tlsCertificateName) &&
      other.hasPrivateKey &&
      (other.status === "" || other.status === "Valid") &&
      other.notBefore <= now &&
      other.notAfter > one.notAfter &&
      other.notBefore >= one.notBefore,
  );
}
