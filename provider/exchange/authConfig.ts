/**
 * The organisation's authorization configuration, typed: the certificates that sign OAuth tokens.
 * Sources: the pages of Get-AuthConfig and Set-AuthConfig, "Maintain the Exchange Server OAuth certificate".
 */
import { ExchangeError } from "../base/errors";
import { text, type Shell } from "./shell";

/** Thumbprints, upper case; null = none. */
export interface AuthConfig {
  current: string | null;
  previous: string | null;
  next: string | null;
  /** When Exchange itself makes the next one the current one. */
  nextEffective: Date | null;
  /** The organisation's name, from the object's distinguished name; empty where it is not shown. */
  organization: string;
}

const SELECT = [
  "CurrentCertificateThumbprint",
  "PreviousCertificateThumbprint",
  "NextCertificateThumbprint",
  "NextCertificateEffectiveDate",
  "DistinguishedName",
];

/** @throws CMDLET_FAILED where the organisation has none, or the session may not read it */
export async function getAuthConfig(shell: Shell): Promise<AuthConfig> {
  const { objects } = await shell.invoke("Get-AuthConfig", {}, SELECT);
  const [found] = objects;
  const host = shell.facts.name;
  if (!found) throw new ExchangeError("CMDLET_FAILED", `${host}: the organisation has no authorization configuration.`, { host });
  const effective = new Date(text(found.NextCertificateEffectiveDate));
  const next = thumbprintOf(found.NextCertificateThumbprint);
  return {
    current: thumbprintOf(found.CurrentCertificateThumbprint),
    previous: thumbprintOf(found.PreviousCertificateThumbprint),
    next,
    nextEffective: next === null || Number.isNaN(effective.getTime()) ? null : effective,
    organization: organizationOf(text(found.DistinguishedName)),
  };
}

/** `CN=Auth Configuration,CN=Contoso,CN=Microsoft Exchange,CN=Services,…` → `Contoso`. */
export function organizationOf(distinguishedName: string): string {
  return /,CN=((?:[^,\\]|\\.)+),CN=Microsoft Exchange,CN=Services,/i.exec(distinguishedName)?.[1].replace(/\\(.)/g, "$1") ?? "";
}

function thumbprintOf(value: unknown): string | null {
  return text(value).toUpperCase() || null;
}

/** Which certificate follows, and from when on. `-Force` answers the question of a notice shorter than 48 hours. */
export async function setNextAuthCertificate(hand: Shell, thumbprint: string, effective: Date): Promise<void> {
  const parameters = { NewCertificateThumbprint: thumbprint, NewCertificateEffectiveDate: { $time: effective.toISOString() } };
  await hand.invoke("Set-AuthConfig", { ...parameters, Force: true, Confirm: false }, []);
}

/** The next one becomes the current one at once. */
export async function publishAuthCertificate(hand: Shell): Promise<void> {
  await hand.invoke("Set-AuthConfig", { PublishCertificate: true, Force: true, Confirm: false }, []);
}

export async function clearPreviousAuthCertificate(hand: Shell): Promise<void> {
  await hand.invoke("Set-AuthConfig", { ClearPreviousCertificate: true, Force: true, Confirm: false }, []);
}
