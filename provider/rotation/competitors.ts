/**
 * Certificates that would be taken instead of the expected one: a same-name predecessor (two equal names disturb each other,
 * exchange.md 7.3), and a newer one of the same owner that would win the choice by FQDN (15.3).
 */
import { listCertificates, type InstalledCertificate } from "../exchange/certificates";
import { namesOnConnectors, tlsNameOf } from "../exchange/sendConnectors";
import type { Shell } from "../exchange/shell";
import { sameTlsCertificateName } from "../pki";
import { readClaims } from "./claimFiles";
import { recordOf, type ClaimBook } from "./claims";

export interface Competitors {
  /** To be removed before the start. */
  remove: { thumbprint: string; named: boolean; sameName: boolean }[];
  /** A connector still needs them: their STARTTLS leaf is accepted until the connector's name flips. */
  tolerated: string[];
}
/** What the decision looks at in a certificate. */
export type Competitor = Pick<
  InstalledCertificate,
  "thumbprint" | "tlsCertificateName" | "notBefore" | "version" | "selfSigned" | "friendlyName"
>;
export interface CompetitorFacts {
  installed: Competitor[];
  claims: ClaimBook;
  /** TlsCertificateName values of the connectors that this Edge knows. */
  connectorNames: string[];
  defaultThumbprint: string | null;
}

/** Pure decision. Setup's own and foreign certificates are never touched. */
export function competitorsOf(expected: string, facts: CompetitorFacts): Competitors {
  const keeper = facts.installed.find((one) => one.thumbprint === expected);
  const competitors: Competitors = { remove: [], tolerated: [] };
  if (!keeper) return competitors;
  const owners = new Set(Object.keys(recordOf(facts.claims, "certificate", expected)?.claims ?? {}));
  for (const other of facts.installed) {
    if (other.thumbprint === expected || other.thumbprint === facts.defaultThumbprint) continue;
    const claims = Object.keys(recordOf(facts.claims, "certificate", other.thumbprint)?.claims ?? {});
    if (claims.some((owner) => !owners.has(owner)) || other.version !== 3) continue;
    const named = facts.connectorNames.some((name) => sameTlsCertificateName(name, other.tlsCertificateName));
    if (sameTlsCertificateName(other.tlsCertificateName, keeper.tlsCertificateName)) {
      if (claims.length > 0 || !isSetupCertificate(other)) competitors.remove.push({ thumbprint: other.thumbprint, named, sameName: true });
    } else if (claims.length > 0 && other.notBefore.getTime() >= keeper.notBefore.getTime()) {
      if (named) competitors.tolerated.push(other.thumbprint);
      else competitors.remove.push({ thumbprint: other.thumbprint, named, sameName: false });
    }
  }
  return competitors;
}

/** Setup's "Microsoft Exchange" and the Auth certificate: self-signed, never ours (exchange.md 2.2). */
export function isSetupCertificate(certificate: Pick<Competitor, "selfSigned" | "friendlyName">): boolean {
  return certificate.selfSigned && /^(Microsoft Exchange|WMSVC)/i.test(certificate.friendlyName);
}

export async function gatherCompetitors(shell: Shell, expected: string, current: Promise<string | null>): Promise<Competitors> {
  const [installed, claims, connectors, defaultThumbprint] = await Promise.all([
    listCertificates(shell),
    readClaims(shell),
    namesOnConnectors(shell),
    current,
  ]);
  return competitorsOf(expected, { installed, claims, connectorNames: connectors.map(tlsNameOf).filter(Boolean), defaultThumbprint });
}
