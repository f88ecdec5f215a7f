/** Pure decisions: what is left to do, and what is refused before anything is done. */
import { ExchangeError } from "../../base/errors";
import { sameTlsCertificateName, unsuitable, validity, type Certificate } from "../../pki";
import { otherOwners, recordOf } from "../../rotation/claims";
import { holdersAfter } from "../../rotation/holders";
import { IMPORT, type JournalState } from "../../rotation/journal";
import { actorOf } from "../../rotation/actor";
import type { Gathered, GatheredOrganization } from "./gather";
import type { CertificateInputs } from "./inputs";

/** What has to change; all false = adopt. */
export interface Work {
  chain: boolean;
  install: boolean;
  keyAccess: boolean;
  /** Services to enable through the cmdlet, SMTP with a new default among them. */
  makeDefault: boolean;
  otherServices: ("IIS" | "POP" | "IMAP")[];
  /** The default that an earlier run was to keep and left replaced by this certificate. */
  swapBack: string | null;
}

/** The part of the work that transport may meet. */
export type Touching = Pick<Work, "install" | "keyAccess" | "makeDefault" | "swapBack">;

export function decideWork(inputs: CertificateInputs, now: Gathered, thumbprint: string): Work {
  const present = now.inspection.found === true && now.inspection.hasPrivateKey === true;
  const smtp = inputs.services.includes("SMTP");
  const enabled = enabledServices(inputs, now, thumbprint);
  return {
    chain: now.missingChain.length > 0,
    install: !present,
    keyAccess: smtp && !(present && now.inspection.networkService === true),
    makeDefault: smtp && inputs.defaultSmtp === "replace" && now.defaultThumbprint !== thumbprint,
    otherServices: inputs.services.filter((one): one is "IIS" | "POP" | "IMAP" => one !== "SMTP" && !enabled.includes(one)),
    swapBack: swapBackTo(inputs, now, thumbprint),
  };
}

/** What is left to do for a certificate that the server is about to make, as far as transport meets it. */
export function workOnceMade({ defaultSmtp }: CertificateInputs): Touching {
  return { install: true, keyAccess: true, makeDefault: defaultSmtp === "replace", swapBack: null };
}

function swapBackTo(inputs: CertificateInputs, now: Gathered, thumbprint: string): string | null {
  const smtp = inputs.services.includes("SMTP");
  const owed = inputs.adoptOnly || (smtp && inputs.defaultSmtp === "replace") ? null : owedDefault(now.kept, now.defaultThumbprint);
  if (!now.isEdge || owed !== null) return owed;
  return smtp && inputs.defaultSmtp === "keep" ? replacedDefault(now, thumbprint) : null;
}

/** The default to swap back to; null where the present one is none that an interrupted run has left. */
export function owedDefault(journal: JournalState | null, current: string | null): string | null {
  if (!journal?.open || current === null || !journal.targets.includes(current)) return null;
  return journal.old.defaultThumbprint === current ? null : journal.old.defaultThumbprint;
}

/**
 * A build that answers Yes makes the certificate the default for a moment (exchange.md 15.2). A run that broke off there left it so;
 * while nothing was exported, AD LDS and the organisation still know the old one.
 */
function replacedDefault({ journal, defaultThumbprint }: Gathered, thumbprint: string): string | null {
  if (!journal?.open || journal.exported || defaultThumbprint !== thumbprint) return null;
  const old = journal.old.defaultThumbprint;
  return old === thumbprint ? null : old;
}

/** What is enabled. Where only RawData arrives (exchange.md 1.3) a claimed certificate counts as enabled: our own Enable succeeded. */
function enabledServices(inputs: CertificateInputs, now: Gathered, thumbprint: string): string[] {
  const found = now.installed.find((one) => one.thumbprint === thumbprint);
  if (!found) return [];
  if (found.services) return found.services;
  return recordOf(now.claims, "certificate", thumbprint)?.claims[inputs.owner] ? inputs.services : [];
}

export function isNothing(work: Work): boolean {
  return !work.chain && !work.install && !work.keyAccess && !work.makeDefault && work.otherServices.length === 0 && work.swapBack === null;
}

/** Whether the work touches what transport may pick up: only then the Edge is drained. */
export function needsDrain(inputs: CertificateInputs, now: Pick<Gathered, "isEdge">, work: Touching): boolean {
  if (!now.isEdge || inputs.drain === "never" || !inputs.services.includes("SMTP")) return false;
  return work.install || work.keyAccess || work.makeDefault || work.swapBack !== null;
}

/** Refusals that need no organisation, in order; the first one is thrown, with nothing changed. */
export function refuseOnHost(
  inputs: CertificateInputs,
  now: Gathered,
  certificate: Certificate,
  work: Work,
  clock: Date,
  host: string,
): void {
  const { thumbprint } = certificate;
  if (now.isEdge && inputs.services.length > 0 && !inputs.organization) {
    throw new ExchangeError("INVALID_ARGUMENT", `${host} is an Edge: organization is needed to record its window and its connectors.`, {
      host,
    });
  }
  const wrong = now.isEdge ? inputs.services.filter((one) => one !== "SMTP") : [];
  if (wrong.length > 0)
    throw new ExchangeError("INVALID_ARGUMENT", `${host} is an Edge and can serve SMTP only, not ${wrong.join(", ")}.`, { host });
  if (isNothing(work)) return;
  if (inputs.adoptOnly) {
    throw new ExchangeError(
      "CERTIFICATE_NOT_ADOPTABLE",
      `${host}: ${thumbprint} is not installed and enabled as declared, and adoptOnly allows no change.`,
      { host },
    );
  }
  const invalid = now.inspection.found ? null : validity(certificate, clock);
  if (invalid) throw new ExchangeError(invalid.code, `${host}: ${invalid.sentence}`, { host });
  const unfit = inputs.services.includes("SMTP") && (work.install || work.keyAccess || work.makeDefault) ? unsuitable(certificate) : null;
  if (unfit) throw new ExchangeError(unfit.code, `${host}: ${unfit.sentence}`, { host });
  if (now.inspection.found && now.inspection.hasPrivateKey === false) {
    throw new ExchangeError("PFX_WITHOUT_KEY", `${host}: ${thumbprint} is installed without its private key.`, {
      host,
      hint: "Remove the certificate without key from the computer's store, then run again: it is imported with its key.",
    });
  }
  if (now.isEdge) refuseClaimed(inputs, now, certificate, host);
}

const RENAMED =
  "If the resource was renamed, give it an alias of its old name, or deploy the old certificate under the new name first; else remove the other resource.";

/** A same-name predecessor has to go before the start; one that somebody else claims must stay: so it is refused now. */
function refuseClaimed(inputs: CertificateInputs, now: Gathered, certificate: Certificate, host: string): void {
  if (!inputs.services.includes("SMTP")) return;
  for (const other of now.installed) {
    if (other.thumbprint === certificate.thumbprint || !sameTlsCertificateName(other.tlsCertificateName, certificate.tlsCertificateName))
      continue;
    const owners = otherOwners(now.claims, "certificate", other.thumbprint, inputs.owner).filter((one) => one !== inputs.formerOwner);
    if (owners.length > 0) {
      const own = owners.every((one) => actorOf(one).stack === actorOf(inputs.owner).stack);
      throw new ExchangeError("OBJECT_CLAIMED", `${host}: ${other.thumbprint} has the same name and is claimed by ${owners.join(", ")}.`, {
        host,
        ...(own ? { hint: RENAMED } : {}),
      });
    }
  }
}

/** Refusals that the organisation decides. */
export function refuseInOrganization(
  inputs: CertificateInputs,
  now: Gathered,
  organization: GatheredOrganization,
  work: Work,
  thumbprint: string,
  host: string,
): void {
  const twin = [...organization.mailboxDefaults].find(([, one]) => one === thumbprint);
  if (twin && work.makeDefault) {
    throw new ExchangeError(
      "CERTIFICATE_IS_MAILBOX_DEFAULT",
      `${host}: ${thumbprint} is the default certificate of Mailbox server ${twin[0]}.`,
      { host },
    );
  }
  if (work.makeDefault && organization.subscribed && inputs.drain !== "hold") {
    throw new ExchangeError(
      "SUBSCRIPTION_WOULD_BREAK",
      `${host} is subscribed: a new default certificate breaks EdgeSync unless the Edge is subscribed again in the same run.`,
      { host },
    );
  }
}

/**
 * Where "hold" ends and no TransportService checks the start: a new default that AD LDS and the organisation do not know yet would
 * come into service with it. @throws SUBSCRIPTION_WOULD_BREAK
 */
export function refuseUnbound(inputs: CertificateInputs, { journal, defaultThumbprint }: Gathered, work: Work, host: string): void {
  if (!journal?.open || !journal.everHeld || inputs.drain === "hold") return;
  const { owner, formerOwner } = inputs;
  if (holdersAfter(journal.holders, { owner, formerOwner, hold: false }).length > 0) return;
  const { old, exported, done } = journal;
  if (!old.subscribed || defaultThumbprint === old.defaultThumbprint || work.swapBack !== null) return;
  if (exported && done.has(IMPORT)) return;
  throw new ExchangeError(
    "SUBSCRIPTION_WOULD_BREAK",
    `${host} is out of service with a new default certificate that no Edge Subscription has bound: it stays so, as EdgeSync would break.`,
    { host, details: { holders: [...journal.holders] } },
  );
}

/** Compares the name that a connector would carry with what the host itself prints (exchange.md 7.1). @throws NAME_DIFFERS */
export function refuseOtherName(certificate: Certificate, printed: { subject?: string; issuer?: string }, host: string): void {
  if (printed.subject === undefined || printed.issuer === undefined) return;
  if (printed.subject === certificate.subject && printed.issuer === certificate.issuer) return;
  throw new ExchangeError(
    "NAME_DIFFERS",
    `${host} prints ${certificate.thumbprint} as <I>${printed.issuer}<S>${printed.subject}, not as ${certificate.tlsCertificateName}.`,
    { host },
  );
}
