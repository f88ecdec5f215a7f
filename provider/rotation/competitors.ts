/**
 * Certificates that would be taken instead of the expected one: a same-name predecessor (two equal names disturb each other,
 * exchange.md 7.3), and a newer one of the same owner that would win the choice by FQDN (15.3).
 */
import { removeCertificate, listCertificates, type InstalledCertificate } from "../exchange/certificates";
import { listSendConnectors, tlsNameOf } from "../exchange/sendConnectors";
import type { Shell } from "../exchange/shell";
import { isExchangeError } from "../base/errors";
import { sameTlsCertificateName } from "../pki";
import { readClaims, recordOf, type ClaimBook } from "./claims";
import type { Step } from "./engine";
import type { Hand } from "./hand";
import { short } from "./reasons";

export interface Rivals {
  /** To be removed before the start. */
  remove: { thumbprint: string; named: boolean; sameName: boolean }[];
  /** A connector still needs them: their STARTTLS leaf is accepted until the connector's name flips. */
  tolerated: string[];
}
/** What the decision looks at in a certificate. */
export type Rival = Pick<
  InstalledCertificate,
  "thumbprint" | "tlsCertificateName" | "notBefore" | "version" | "selfSigned" | "friendlyName"
>;
export interface RivalFacts {
  installed: Rival[];
  claims: ClaimBook;
  /** TlsCertificateName values of the connectors that this Edge knows. */
  connectorNames: string[];
  defaultThumbprint: string | null;
}

/** Pure decision. Setup's own and foreign certificates are never touched. */
export function rivalsOf(expected: string, facts: RivalFacts): Rivals {
  const keeper = facts.installed.find((one) => one.thumbprint === expected);
  const rivals: Rivals = { remove: [], tolerated: [] };
  if (!keeper) return rivals;
  const owners = new Set(Object.keys(recordOf(facts.claims, "certificate", expected)?.claims ?? {}));
  for (const other of facts.installed) {
    if (other.thumbprint === expected || other.thumbprint === facts.defaultThumbprint) continue;
    const claims = Object.keys(recordOf(facts.claims, "certificate", other.thumbprint)?.claims ?? {});
    if (claims.some((owner) => !owners.has(owner)) || other.version !== 3) continue;
    const named = facts.connectorNames.some((name) => sameTlsCertificateName(name, other.tlsCertificateName));
    if (sameTlsCertificateName(other.tlsCertificateName, keeper.tlsCertificateName)) {
      if (claims.length > 0 || !isSetupCertificate(other)) rivals.remove.push({ thumbprint: other.thumbprint, named, sameName: true });
    } else if (claims.length > 0 && other.notBefore.getTime() >= keeper.notBefore.getTime()) {
      if (named) rivals.tolerated.push(other.thumbprint);
      else rivals.remove.push({ thumbprint: other.thumbprint, named, sameName: false });
    }
  }
  return rivals;
}

/** Setup's "Microsoft Exchange" and the Auth certificate: self-signed, never ours (exchange.md 2.2). */
export function isSetupCertificate(certificate: Pick<Rival, "selfSigned" | "friendlyName">): boolean {
  return certificate.selfSigned && /^(Microsoft Exchange|WMSVC)/i.test(certificate.friendlyName);
}

export async function gatherRivals(shell: Shell, expected: string, defaultThumbprint: string | null): Promise<Rivals> {
  const [installed, claims, connectors] = await Promise.all([listCertificates(shell), readClaims(shell), listSendConnectors(shell)]);
  return rivalsOf(expected, { installed, claims, connectorNames: connectors.map(tlsNameOf).filter(Boolean), defaultThumbprint });
}

/** One step that takes rivals out; what the host's guards refuse stays, with a warning. */
export function rivalsStep(hand: Hand, expected: string, current: () => Promise<string | null>, warn: (text: string) => void): Step {
  const refused = new Set<string>();
  const open = async (): Promise<Rivals["remove"]> =>
    (await gatherRivals(hand, expected, await current())).remove.filter((one) => !refused.has(one.thumbprint));
  return {
    name: "predecessor",
    text: `remove what would be taken instead of ${short(expected)}`,
    needsDrain: true,
    probe: async () => (await open()).length === 0,
    run: async () => {
      for (const { thumbprint, named } of await open()) {
        const done = await removeRival(hand, thumbprint, expected, await current(), named);
        if (done) continue;
        refused.add(thumbprint);
        warn(`${hand.facts.name}: ${thumbprint} stays installed beside ${short(expected)}: the host refused to take it out.`);
      }
    },
  };
}

/** The cmdlet where it may work; the guarded removal where a connector carries the name (exchange.md 15.2). */
async function removeRival(hand: Hand, thumbprint: string, keep: string, current: string | null, named: boolean): Promise<boolean> {
  try {
    if (named) await hand.request("certificate.remove", { thumbprint, keep, ...(current === keep ? { default: keep } : {}) });
    else await removeCertificate(hand, thumbprint);
    return true;
  } catch (error) {
    if (isExchangeError(error, "AGENT_REFUSED", "CMDLET_FAILED")) return false;
    throw error;
  }
}
