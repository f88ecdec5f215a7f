/**
 * Whether STARTTLS can present a certificate at all, judged by its names before anything is changed (exchange.md 15.3): a receive
 * connector asks for its TlsCertificateName, else for its Fqdn, else for the server's; a certificate without that name is not taken.
 */
import { ExchangeError } from "../../base/errors";
import { bareName, listReceiveConnectors, type ReceiveBag } from "../../exchange/receiveConnectors";
import { equalNames, list, text, type Shell } from "../../exchange/shell";
import { sameTlsCertificateName, type Certificate } from "../../pki";
import { short } from "../../rotation/reasons";

/** A receive connector that the program sets after the certificate. Its name follows the certificate unless it says otherwise. */
export interface Follower {
  connector: string;
  tlsCertificateName?: string;
  fqdn?: string;
}

/** A connector in words: what it asks for, and whether the certificate has that. */
export interface Asked {
  connector: string;
  name: string;
  offered: boolean;
}

/** What the connectors on port 25 will ask for once the followers are set. */
export function askedNames(certificate: Certificate, connectors: readonly ReceiveBag[], followers: Follower[], fqdn: string): Asked[] {
  return connectors.filter(listensOn25).map((bag) => {
    const connector = text(bag.Name);
    const follower = followers.find((one) => equalNames(bareName(one.connector), connector));
    const tlsName = follower ? (follower.tlsCertificateName ?? certificate.tlsCertificateName) : text(bag.TlsCertificateName);
    if (tlsName) return { connector, name: tlsName, offered: sameTlsCertificateName(tlsName, certificate.tlsCertificateName) };
    const name = follower?.fqdn ?? (text(bag.Fqdn) || fqdn);
    return { connector, name, offered: covers(certificate, name) };
  });
}

function listensOn25(bag: ReceiveBag): boolean {
  return bag.Enabled !== false && list(bag.Bindings).some((binding) => binding.endsWith(":25"));
}

/** By common name or alternative name, exactly or by a wildcard for one label. */
export function covers({ commonName, domainNames }: Pick<Certificate, "commonName" | "domainNames">, name: string): boolean {
  return [...domainNames, commonName ?? ""].some((one) => {
    if (equalNames(one, name)) return true;
    return one.startsWith("*.") && name.includes(".") && equalNames(one.slice(2), name.slice(name.indexOf(".") + 1));
  });
}

/**
 * Only where the program says which connectors follow: else nobody expects the certificate at STARTTLS.
 * @throws STARTTLS_NAME_MISSING when no connector on port 25 would take the certificate
 */
export async function refuseUnlessAsked(shell: Shell, certificate: Certificate, followers: Follower[] | undefined): Promise<void> {
  if (!followers) return;
  const asked = askedNames(certificate, await listReceiveConnectors(shell), followers, shell.facts.fqdn);
  if (asked.length === 0 || asked.some(({ offered }) => offered)) return;
  const host = shell.facts.name;
  const wanted = asked.map(({ connector, name }) => `"${connector}" asks for ${name}`).join(", ");
  const names = [...new Set([certificate.commonName, ...certificate.domainNames])].filter(Boolean).join(", ");
  throw new ExchangeError(
    "STARTTLS_NAME_MISSING",
    `${host}: STARTTLS could not present ${short(certificate.thumbprint)} (${names}): ${wanted}.`,
    {
      host,
    },
  );
}
