/**
 * A delete that takes a connector's name, or its FQDN, away can hand it to setup's self-signed certificate: STARTTLS is still offered, but
 * partners that validate refuse it. That never happens in silence.
 */
import { listCertificates, type InstalledCertificate } from "../../exchange/certificates";
import { chosenFor, standingOf, type Candidate } from "../../exchange/starttlsChoice";
import { text, type Shell } from "../../exchange/shell";
import { sameTlsCertificateName } from "../../pki";
import type { Value } from "../../remote/protocol";
import { isSetupCertificate } from "../../rotation/competitors";
import type { Bag } from "../settings";
import type { Handover } from "../settingsHandler";

const PROPERTIES = ["TlsCertificateName", "Fqdn"];

/** Null where another certificate is taken, or where it is setup's already, or where nobody can say. */
export async function handoverToSetup(shell: Shell, changes: { [property: string]: Value }, now: Date, bag: Bag): Promise<Handover | null> {
  const properties = PROPERTIES.filter((one) => changes[one] !== undefined);
  if (properties.length === 0) return null;
  const installed = (await listCertificates(shell)).filter((one) => one.hasPrivateKey);
  const presented = (values: Bag): InstalledCertificate | null => presentedBy(values, installed, shell.facts.fqdn, now);
  const [before, after] = [presented(bag), presented({ ...bag, ...changes })];
  if (!after || !isSetupCertificate(after) || before?.thumbprint === after.thumbprint) return null;
  const host = shell.facts.name;
  const { thumbprint, subject } = after;
  return { properties, sentence: `${host} would present setup's self-signed ${thumbprint} (${subject}) at STARTTLS instead.` };
}

/** By its name, else by its FQDN, else by the server's (exchange.md 15.3). */
function presentedBy(bag: Bag, installed: readonly InstalledCertificate[], fqdn: string, now: Date): InstalledCertificate | null {
  const name = text(bag.TlsCertificateName);
  if (name !== "") return installed.find((one) => sameTlsCertificateName(one.tlsCertificateName, name)) ?? null;
  const candidates = installed.flatMap((certificate): Candidate<InstalledCertificate>[] => {
    const standing = standingOf(certificate, now);
    return standing === null ? [] : [{ certificate, standing }];
  });
  return chosenFor(text(bag.Fqdn) || fqdn, candidates)?.certificate ?? null;
}
