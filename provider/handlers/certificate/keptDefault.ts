/**
 * The default that `defaultSmtp: "keep"` keeps on a Mailbox server, and on an Edge that is not drained for it (`drain: "never"`). A build
 * that answers Yes makes the new certificate the default for a moment (exchange.md 15.2); what the default was lies in a record on that
 * server before Exchange is asked, so that whichever run comes next swaps back, another stack's included. Nothing is out of service
 * meanwhile: no window, no undo, nobody is kept out.
 */
import { ExchangeError, isExchangeError } from "../../base/errors";
import { defaultThumbprint } from "../../exchange/certificates";
import type { LeasedShell } from "../../rotation/leasedShell";
import { Journal } from "../../rotation/journal";
import type { Actor } from "../../rotation/actor";
import { makeDefault } from "../../steps/enable";
import type { Gathered } from "./gather";
import type { CertificateInputs } from "./inputs";
import { owedDefault, type Work } from "./work";

/** Whether the work may change a default that is to stay: the record of it comes first. */
export function mayTouchDefault(inputs: CertificateInputs, now: Gathered, work: Work, thumbprint: string): boolean {
  const keeps = (inputs.services.includes("SMTP") || work.keyAccess) && inputs.defaultSmtp === "keep";
  const asks = work.install || work.keyAccess || work.otherServices.length > 0 || work.swapBack !== null;
  return keeps && asks && now.defaultThumbprint !== null && (now.defaultThumbprint !== thumbprint || work.swapBack !== null);
}

/** What an Edge's record needs to know. */
interface Keeping {
  inputs: CertificateInputs;
  now: Gathered;
  work: Work;
  thumbprint: string;
}

/**
 * The record of an Edge beside its windows, opened or taken up; null where none is open and none is needed. Inside a window the window's
 * own journal knows the old default. On a Mailbox server its journal is the record.
 */
export async function openRecord(
  leased: LeasedShell,
  actor: Actor,
  { inputs, now, work, thumbprint }: Keeping,
  window: Journal | null,
): Promise<Journal | null> {
  const touches = window === null && mayTouchDefault(inputs, now, work, thumbprint);
  // Who only adopts leaves what another run owes.
  if (!now.isEdge || !(touches || (now.kept?.open && !inputs.adoptOnly))) return null;
  const record = await Journal.load(leased, actor, "default");
  const { state } = record;
  if (!state?.open) {
    const old = { defaultThumbprint: now.defaultThumbprint, ldapsThumbprint: null };
    const rest = { transport: "Running", subscribed: false, services: {} } as const;
    await record.open({ organization: null, site: null, hold: false, target: thumbprint, old: { ...old, ...rest } });
  } else if (touches && state.target !== thumbprint) {
    await record.append({ type: "target", target: thumbprint, owner: actor.owner, hold: false, holders: [] });
  }
  return record;
}

/** The default is as it shall be. */
export async function closeRecord(record: Journal, reason: "finished" | "undone"): Promise<void> {
  if (record.isOpen) await record.append({ type: "close", reason });
}

/** After a failure: the record goes where nothing is owed, and stays for the next run where something is or nobody can say. */
export async function closeUnlessOwed(leased: LeasedShell, record: Journal): Promise<void> {
  try {
    if ((await defaultThumbprint(leased)) === record.state?.old.defaultThumbprint) await closeRecord(record, "undone");
  } catch (error) {
    if (!isExchangeError(error)) throw error;
  }
}

/** A delete swaps back first: afterwards nobody would. @throws READ_BACK_DIFFERS */
export async function swapBackOwed(leased: LeasedShell, actor: Actor): Promise<void> {
  const record = await Journal.load(leased, actor, "default");
  if (!record.isOpen) return;
  const old = owedDefault(record.state, await defaultThumbprint(leased));
  if (old !== null) {
    await makeDefault(leased, old);
    const current = await defaultThumbprint(leased);
    const host = leased.facts.name;
    if (current !== old)
      throw new ExchangeError("READ_BACK_DIFFERS", `${host}: the default certificate is ${current ?? "missing"}, not ${old}.`, { host });
  }
  await closeRecord(record, "undone");
}
