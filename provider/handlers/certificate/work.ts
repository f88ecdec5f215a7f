/** Pure decisions: what is left to do. */
import { recordOf } from "../../rotation/claims";
import type { JournalState } from "../../rotation/journal";
import type { Gathered } from "./gather";
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
    keyAccess: (smtp || inheritsAccess(inputs, now)) && !(present && now.inspection.networkService === true),
    makeDefault: smtp && inputs.defaultSmtp === "replace" && now.defaultThumbprint !== thumbprint,
    otherServices: inputs.services.filter((one): one is "IIS" | "POP" | "IMAP" => one !== "SMTP" && !enabled.includes(one)),
    swapBack: swapBackTo(inputs, now, thumbprint),
  };
}

/**
 * A copy on a Mailbox server takes over the key access of the one whose name it has: transport may take it for that name at once, and
 * fails with a key that it cannot read (exchange.md 7.3); and the old one could not go (`certificate.removeReplaced`).
 */
function inheritsAccess({ adoptOnly }: CertificateInputs, { isEdge, namesake }: Gathered): boolean {
  return !isEdge && !adoptOnly && namesake;
}

/** What is left to do for a certificate that the server is about to make. */
export function workOnceMade({ defaultSmtp, services }: CertificateInputs): Work {
  const otherServices = services.filter((one): one is "IIS" | "POP" | "IMAP" => one !== "SMTP");
  return { chain: false, install: true, keyAccess: true, makeDefault: defaultSmtp === "replace", otherServices, swapBack: null };
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
