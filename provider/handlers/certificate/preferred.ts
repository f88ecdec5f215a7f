/** What will be presented at STARTTLS instead of a certificate, on the server as the plan leaves it. Pure. */
import type { InstalledCertificate } from "../../exchange/certificates";
import { chosenFor, standingOf, standingOnceInstalled, whyTaken, type Candidate, type Choosable } from "../../exchange/starttlsChoice";
import { withClaim, withOwner, type ClaimBook } from "../../rotation/claims";
import { competitorsOf, type Competitor } from "../../rotation/competitors";
import { short } from "../../rotation/reasons";

/** The certificate that a plan is about; its thumbprint is "" while it is yet to be made. */
export type Wanted = Choosable & Omit<Competitor, "friendlyName">;

/** What decides which certificates are left beside the wanted one when transport starts. */
export interface Left {
  /** As listed before the plan. */
  installed: InstalledCertificate[];
  claims: ClaimBook;
  /** The default after the plan. */
  defaultThumbprint: string | null;
  owner: string;
  formerOwner?: string;
}
export interface Preferred {
  certificate: InstalledCertificate;
  why: string;
}

/**
 * The certificate that would win; null where the wanted one is taken, and where it may be: what is not certain does not speak
 * against it, the look at STARTTLS after the start decides then.
 */
export function preferredTo(wanted: Wanted, name: string, left: Left, now: Date): Preferred | null {
  const others = left.installed.filter((one) => one.thumbprint !== wanted.thumbprint);
  const gone = takenOut(wanted, others, left);
  const own: Candidate = { certificate: wanted, standing: standingOnceInstalled(wanted, now) };
  const taken = (beside: InstalledCertificate[]): Candidate | null => chosenFor(name, [own, ...candidates(beside, now)]);
  const staying = others.filter((one) => !gone.sameName.has(one.thumbprint));
  const winner = taken(staying);
  // A competitor of the same owner: the plan takes it out, or its leaf is accepted until a connector's name flips.
  if (winner === null || winner === own || gone.competitors.has(winner.certificate.thumbprint)) return null;
  const certificate = others.find((one) => one.thumbprint === winner.certificate.thumbprint)!;
  return { certificate, why: whyTaken(winner, own, name, nameOf(wanted)) };
}

/** How a sentence speaks of the wanted certificate. */
export function nameOf({ thumbprint }: Pick<Wanted, "thumbprint">): string {
  return thumbprint === "" ? "the one to be made" : short(thumbprint);
}

function candidates(installed: InstalledCertificate[], now: Date): Candidate<InstalledCertificate>[] {
  return installed.flatMap((certificate) => {
    const standing = standingOf(certificate, now);
    return standing === null ? [] : [{ certificate, standing }];
  });
}

/** What the start of this plan takes out, judged as it will be then: the wanted one installed and claimed. */
function takenOut(wanted: Wanted, others: InstalledCertificate[], left: Left): { sameName: Set<string>; competitors: Set<string> } {
  const { owner, formerOwner, defaultThumbprint } = left;
  const claim = { kind: "certificate" as const, name: wanted.thumbprint, owner, claim: "", made: false, previous: null };
  const claims = withClaim(withOwner(left.claims, "certificate", formerOwner, owner), claim);
  const installed: Competitor[] = [...others, { ...wanted, friendlyName: "" }];
  const competitors = competitorsOf(wanted.thumbprint, { installed, claims, connectorNames: [], defaultThumbprint });
  const thumbprints = (sameName: boolean): Set<string> =>
    new Set(competitors.remove.filter((one) => one.sameName === sameName).map((one) => one.thumbprint));
  return { sameName: thumbprints(true), competitors: thumbprints(false) };
}
