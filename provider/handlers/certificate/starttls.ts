/**
 * Whether STARTTLS will present a certificate, judged before anything is changed (exchange.md 15.3): a receive connector asks for its
 * TlsCertificateName, else for its Fqdn, else for the server's; a certificate without that name is not taken, and by an FQDN another
 * one may be preferred.
 */
import { ExchangeError } from "../../base/errors";
import { bareName, listReceiveConnectors, receiveConnectorIn, type ReceiveBag } from "../../exchange/receiveConnectors";
import { equalNames, list, text, type Shell } from "../../exchange/shell";
import { coverage } from "../../exchange/starttlsChoice";
import { sameTlsCertificateName, type Certificate } from "../../pki";
import type { Gathered } from "./gather";
import type { CertificateInputs, Follower } from "./inputs";
import { nameOf, preferredTo, type Left, type Preferred, type Wanted } from "./preferred";
import { needsDrain, type Touching } from "./work";

/** A connector in words: what it asks for, whether by FQDN, and whether the certificate has that. */
export interface Asked {
  connector: string;
  name: string;
  byFqdn: boolean;
  offered: boolean;
}
type Names = Pick<Certificate, "commonName" | "domainNames" | "tlsCertificateName">;

/** What the connectors on port 25 will ask for once the followers are set. */
export function askedNames(certificate: Names, connectors: readonly ReceiveBag[], followers: Follower[], fqdn: string): Asked[] {
  return connectors.filter(listensOn25).map((bag) => {
    const connector = text(bag.Name);
    const follower = followers.find((one) => equalNames(bareName(one.connector), connector));
    const tlsName = follower ? (follower.tlsCertificateName ?? certificate.tlsCertificateName) : text(bag.TlsCertificateName);
    if (tlsName)
      return { connector, name: tlsName, byFqdn: false, offered: sameTlsCertificateName(tlsName, certificate.tlsCertificateName) };
    const name = follower?.fqdn ?? (text(bag.Fqdn) || fqdn);
    return { connector, name, byFqdn: true, offered: coverage(certificate, name) !== null };
  });
}

function listensOn25(bag: ReceiveBag): boolean {
  return bag.Enabled !== false && list(bag.Bindings).some((binding) => binding.endsWith(":25"));
}

/** A connector that will present another certificate. */
export type Lost = Pick<Asked, "connector" | "name"> & Preferred;

/**
 * The connectors that have the certificate's name and will present another one; empty where one of them takes it, or may: which
 * connector the look at port 25 meets is not known. By TlsCertificateName the wanted one is taken, or nobody knows which (15.3).
 */
export function lostTo(wanted: Wanted, asked: readonly Asked[], left: Left, now: Date): Lost[] {
  const lost = asked
    .filter(({ offered }) => offered)
    .map(({ connector, name, byFqdn }): Lost | null => {
      const preferred = byFqdn ? preferredTo(wanted, name, left, now) : null;
      return preferred && { connector, name, ...preferred };
    });
  return lost.some((one) => one === null) ? [] : (lost as Lost[]);
}

/** What is read of the host before a plan, as far as it decides what is presented. */
export type Read = Pick<Gathered, "isEdge" | "installed" | "claims" | "defaultThumbprint" | "journal">;

/**
 * Only before a drain, and where the program says which connectors follow: else nobody expects the certificate at STARTTLS.
 * @throws STARTTLS_NAME_MISSING when no connector on port 25 would take the certificate, STARTTLS_OTHER_PREFERRED when another
 * certificate is certain to be taken instead, CONNECTOR_NOT_FOUND for a connector that is to follow and is not there
 */
export async function refuseUnlessPresented(
  shell: Shell,
  wanted: Wanted,
  inputs: CertificateInputs,
  read: Read,
  work: Touching,
  now: Date,
): Promise<void> {
  const { receiveConnectors: followers, owner, formerOwner } = inputs;
  if (!followers || read.journal?.open || !needsDrain(inputs, read, work)) return;
  const host = shell.facts.name;
  const connectors = await listReceiveConnectors(shell);
  for (const { connector } of followers) receiveConnectorIn(connectors, connector, host);
  const asked = askedNames(wanted, connectors, followers, shell.facts.fqdn);
  if (asked.length === 0) return;
  if (!asked.some(({ offered }) => offered)) throw nameMissing(host, wanted, asked);
  const defaultThumbprint = work.makeDefault ? wanted.thumbprint : (work.swapBack ?? read.defaultThumbprint);
  const lost = lostTo(wanted, asked, { ...read, defaultThumbprint, owner, formerOwner }, now);
  if (lost.length > 0) throw otherPreferred(host, wanted, lost);
}

function nameMissing(host: string, wanted: Wanted, asked: Asked[]): ExchangeError {
  const what = asked.map(({ connector, name }) => `"${connector}" asks for ${name}`).join(", ");
  const names = [...new Set([wanted.commonName, ...wanted.domainNames])].filter(Boolean).join(", ");
  return new ExchangeError("STARTTLS_NAME_MISSING", `${host}: STARTTLS could not present ${nameOf(wanted)} (${names}): ${what}.`, { host });
}

function otherPreferred(host: string, wanted: Wanted, lost: Lost[]): ExchangeError {
  const what = lost
    .map(({ connector, name, certificate: { thumbprint, subject, issuer }, why }) => {
      return `"${connector}" (${name}) would take ${thumbprint} (${subject}, issued by ${issuer}): ${why}`;
    })
    .join("; ");
  const winners = lost.map(({ connector, name, certificate }) => ({ connector, fqdn: name, thumbprint: certificate.thumbprint }));
  const sentence = `${host}: STARTTLS would not present ${nameOf(wanted)}: ${what}.`;
  return new ExchangeError("STARTTLS_OTHER_PREFERRED", sentence, { host, details: { winners } });
}
