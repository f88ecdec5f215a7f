/** What a host and its organisation say about a certificate before anything is decided. Reads only. */
import {
  defaultThumbprint,
  inspectCertificate,
  listCertificates,
  mailboxServerWith,
  type InstalledCertificate,
} from "../../exchange/certificates";
import { missingConnectors } from "../../exchange/sendConnectors";
import type { Shell } from "../../exchange/shell";
import { findSubscription } from "../../exchange/subscriptions";
import { sameTlsCertificateName } from "../../pki";
import type { CertificateInspection } from "../../remote/protocol";
import type { Subject } from "./source";
import { readClaims } from "../../rotation/claimFiles";
import type { ClaimBook } from "../../rotation/claims";
import { readJournal, type JournalState } from "../../rotation/journal";

const NOT_THERE: CertificateInspection = { found: false };

export interface Gathered {
  isEdge: boolean;
  installed: InstalledCertificate[];
  inspection: CertificateInspection;
  defaultThumbprint: string | null;
  /** Chain certificates that are in neither the Root nor the CA store. */
  missingChain: Uint8Array[];
  claims: ClaimBook;
  /** The host's journal: an Edge's window, or on a Mailbox server the default that is to stay; null when there is none. */
  journal: JournalState | null;
  /** The record of a default that is to stay: on a Mailbox server that journal, on an Edge one beside its windows. */
  kept: JournalState | null;
  /** Another certificate of the same name is installed whose key NETWORK SERVICE may read. */
  namesake: boolean;
}

/** `subject` null: the host is yet to make the certificate. */
export async function gatherHost(shell: Shell, subject: Subject | null): Promise<Gathered> {
  const isEdge = shell.facts.role === "Edge";
  const links = subject?.chain ?? [];
  const [installed, inspection, current, chain, claims, journal, record] = await Promise.all([
    listCertificates(shell),
    subject ? inspectCertificate(shell, subject.certificate.thumbprint) : NOT_THERE,
    defaultThumbprint(shell),
    shell.request("chain.status", { thumbprints: links.map((one) => one.thumbprint) }),
    readClaims(shell),
    readJournal(shell),
    isEdge ? readJournal(shell, "default") : null,
  ]);
  const present = new Set(chain.present.map((one) => one.toUpperCase()));
  const missingChain = links.filter((one) => !present.has(one.thumbprint)).map((one) => one.der);
  const kept = isEdge ? record : journal;
  return {
    isEdge,
    installed,
    inspection,
    defaultThumbprint: current,
    missingChain,
    claims,
    journal,
    kept,
    namesake: subject !== null && hasNamesake(installed, subject),
  };
}

function hasNamesake(installed: readonly InstalledCertificate[], { certificate }: Subject): boolean {
  const { thumbprint, tlsCertificateName } = certificate;
  return installed.some(
    (one) =>
      one.thumbprint !== thumbprint &&
      one.services?.includes("SMTP") === true &&
      sameTlsCertificateName(one.tlsCertificateName, tlsCertificateName),
  );
}

/** What only the organisation knows; gathered when an Edge is going to be changed. */
export interface GatheredOrganization {
  subscribed: boolean;
  /** The Mailbox server that has the certificate as its default. */
  twin: string | null;
  /** Those of the stack's send connectors that are not there. */
  missing: string[];
}
/** What the questions are about. */
interface About {
  edge: string;
  /** Null: the certificate is yet to be made. */
  thumbprint: string | null;
  sendConnectors: readonly string[];
}

export async function gatherOrganization(organization: Shell, { edge, thumbprint, sendConnectors }: About): Promise<GatheredOrganization> {
  const [subscription, twin, missing] = await Promise.all([
    findSubscription(organization, edge),
    thumbprint === null ? null : mailboxServerWith(organization, thumbprint),
    missingConnectors(organization, sendConnectors),
  ]);
  return { subscribed: subscription !== null, twin, missing };
}
