/**
 * Which certificate transport presents at STARTTLS for an FQDN (exchange.md 15.3): exact names before wildcards; among them the
 * newest first, and of those the first valid one of an authority, then one whose revocation could not be looked up, then a
 * self-signed one. Meeting an expired one ends the search, and it is taken. Pure.
 */
import { isoDay, isoSeconds } from "../base/clock";
import { unfit, type Certificate } from "../pki";
import type { InstalledCertificate } from "./certificates";
import { equalNames } from "./shell";

/** What the choice looks at; a certificate that is yet to be made has it, too. */
export type Choosable = Pick<Certificate, "thumbprint" | "commonName" | "domainNames" | "notBefore" | "notAfter" | "selfSigned">;

/** As what the search meets a certificate. */
export type Standing = "expired" | "valid" | "unchecked" | "selfSigned";
export interface Candidate<C extends Choosable = Choosable> {
  certificate: C;
  standing: Standing;
}

/** Whether a certificate carries a name: itself, or by a wildcard for one label. */
export function coverage({ commonName, domainNames }: Pick<Certificate, "commonName" | "domainNames">, name: string): Coverage | null {
  const names = [...domainNames, commonName ?? ""];
  if (names.some((one) => equalNames(one, name))) return "exact";
  const parent = name.includes(".") ? name.slice(name.indexOf(".")) : null;
  return parent !== null && names.some((one) => equalNames(one, `*${parent}`)) ? "wildcard" : null;
}
export type Coverage = "exact" | "wildcard";

/**
 * As what an installed certificate is met; null where it is passed over, and where that is not certain: the status or the services
 * did not arrive, the server's clock and ours differ, or only some builds take the key (15.11).
 */
export function standingOf(one: InstalledCertificate, now: Date): Standing | null {
  if (unfit(one) !== null || !one.hasPrivateKey || !one.services?.includes("SMTP") || one.notBefore > now) return null;
  if (one.notAfter < now) return one.status === "DateInvalid" ? "expired" : null;
  if (one.status === "Valid") return one.selfSigned ? "selfSigned" : "valid";
  return one.status === "RevocationCheckFailure" && !one.selfSigned ? "unchecked" : null;
}

/** The best that a certificate can be met as once it is installed, its chain with it, and enabled. */
export function standingOnceInstalled({ notAfter, selfSigned }: Choosable, now: Date): Standing {
  if (notAfter < now) return "expired";
  return selfSigned ? "selfSigned" : "valid";
}

/** The certificate that is taken for a name. Of equally old ones the first of the list: which one transport takes is not known. */
export function chosenFor<C extends Choosable>(name: string, candidates: readonly Candidate<C>[]): Candidate<C> | null {
  const carrying = (wanted: Coverage): Candidate<C>[] => candidates.filter((one) => coverage(one.certificate, name) === wanted);
  return best(carrying("exact")) ?? best(carrying("wildcard"));
}

function best<C extends Choosable>(candidates: readonly Candidate<C>[]): Candidate<C> | null {
  const newestFirst = [...candidates].sort((a, b) => b.certificate.notBefore.getTime() - a.certificate.notBefore.getTime());
  const ends = newestFirst.find(({ standing }) => standing === "expired" || standing === "valid");
  const first = (wanted: Standing): Candidate<C> | undefined => newestFirst.find(({ standing }) => standing === wanted);
  return ends ?? first("unchecked") ?? first("selfSigned") ?? null;
}

/** Why `winner` is taken and not `loser`. */
export function whyTaken(winner: Candidate, loser: Candidate, name: string, loserName: string): string {
  const [taken, other] = [winner.certificate, loser.certificate];
  if (coverage(taken, name) === "exact" && coverage(other, name) === "wildcard")
    return `it carries ${name} itself, ${loserName} by a wildcard only`;
  if (winner.standing === "expired") return `it expired on ${isoDay(taken.notAfter)}, and meeting an expired one ends the search`;
  if (loser.standing === "selfSigned" && winner.standing !== "selfSigned")
    return `it is issued by an authority, ${loserName} is self-signed`;
  return `it is newer (valid from ${isoSeconds(taken.notBefore)}, ${loserName} from ${isoSeconds(other.notBefore)})`;
}
