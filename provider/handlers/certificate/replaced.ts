/**
 * A copy on a Mailbox server that another certificate of the same name has replaced. Connectors name both, so Remove-ExchangeCertificate
 * refuses (exchange.md 2.6), and transport keeps running there, so the guards of 15.2 do not fit. These do: nobody claims it, EdgeSync works
 * with the present defaults, a successor of the same name is there, and what only the host can see is checked there right before.
 */
import { listCertificates, type InstalledCertificate } from "../../exchange/certificates";
import { edgeSyncDoubt } from "../../exchange/synchronised";
import { sameTlsCertificateName } from "../../pki";
import { readClaims } from "../../rotation/claimFiles";
import { currentOf, otherOwners } from "../../rotation/claims";
import { defaultChangedAt } from "../../rotation/defaults";
import type { LeasedShell } from "../../rotation/leasedShell";
import { removeFromStore } from "../../rotation/removal";

export interface ReplacedCopy {
  leased: LeasedShell;
  thumbprint: string;
  /** Who lets it go. */
  owner: string;
  now: Date;
  signal: AbortSignal;
}

/** Takes it out of the store; why it stays, as a sentence without its end, where a guard does not hold. */
export async function removeReplacedCopy(copy: ReplacedCopy): Promise<string | null> {
  const { leased, thumbprint, owner, now, signal } = copy;
  const [claims, installed] = await Promise.all([readClaims(leased), listCertificates(leased)]);
  const others = otherOwners(claims, "certificate", thumbprint, owner);
  if (others.length > 0) return `${others.join(", ")} claims it`;
  const successor = successorOf(thumbprint, installed, currentOf(claims, "certificate", owner), now);
  if (successor === undefined) return null;
  if (successor === null) return "no other certificate of its name is there that is valid and has its key";
  const doubt = await edgeSyncDoubt(leased, await defaultChangedAt(leased), signal);
  if (doubt) return doubt;
  const removal = await removeFromStore(leased, thumbprint, [{ by: "replaced", keep: successor.thumbprint }]);
  if (removal.gone) return null;
  const { details, sentence } = removal.refused;
  if (details.class === "UnknownOperation") return `the agent on ${leased.facts.name} does not know how to take a replaced copy out`;
  return String(details.text ?? sentence).replace(/\.$/, "");
}

/** The one that goes may have been the default: where a run changed that, every Edge has to have synchronised since. Null where nothing speaks against it. */
export async function defaultDoubt(leased: LeasedShell, signal: AbortSignal): Promise<string | null> {
  const since = await defaultChangedAt(leased);
  return since && edgeSyncDoubt(leased, since, signal);
}

/**
 * What takes its place: the owner's present certificate where it has the name, else one that ends no earlier, the newest that transport can
 * read. Undefined where the certificate itself has gone. Pure.
 */
export function successorOf(
  thumbprint: string,
  installed: readonly InstalledCertificate[],
  current: string | null,
  now: Date,
): InstalledCertificate | null | undefined {
  const old = installed.find((one) => one.thumbprint === thumbprint);
  if (!old) return undefined;
  const readable = ({ services }: InstalledCertificate): number => (services?.includes("SMTP") ? 0 : 1);
  const [first] = installed
    .filter((one) => one.thumbprint !== thumbprint && sameTlsCertificateName(one.tlsCertificateName, old.tlsCertificateName))
    .filter((one) => one.hasPrivateKey && one.notBefore <= now && now < one.notAfter)
    .filter((one) => one.thumbprint === current || one.notAfter >= old.notAfter)
    .sort(
      (a, b) =>
        Number(b.thumbprint === current) - Number(a.thumbprint === current) ||
        readable(a) - readable(b) ||
        b.notBefore.getTime() - a.notBefore.getTime(),
    );
  return first ?? null;
}
