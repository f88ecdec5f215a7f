/** What Edge, organisation and the LDAPS door say about a subscription, and what follows. */
import { defaultThumbprint } from "../../exchange/certificates";
import { listSendConnectors, type ConnectorBag } from "../../exchange/sendConnectors";
import type { Shell } from "../../exchange/shell";
import { findSubscription, testSynchronization, type Subscription, type SyncStatus } from "../../exchange/subscriptions";
import { claimRecord } from "../../rotation/claimFiles";
import { AFTER_EXPORT, readJournal, type JournalState } from "../../rotation/journal";
import type { HostSession } from "../../remote/sessions";
import { isExchangeError, type ExchangeError } from "../../base/errors";
import { ldapsSeen } from "../../rotation/doors";
import type { SubscriptionInputs } from "./inputs";

export interface Gathered {
  subscription: Subscription | null;
  defaultThumbprint: string | null;
  /** What AD LDS presents; null = nothing answers. */
  leaf: string | null;
  /** Why nobody could look at LDAPS: an SSH server that forwards nothing. */
  blind: ExchangeError | null;
  sync: SyncStatus | null;
  journal: JournalState | null;
  /** A resource claims the subscription that is not there: somebody removed it by hand. */
  removed: boolean;
}

/** Where subscription and synchronisation are asked for; a refresh may know another way. */
export interface Asked {
  subscription(organization: HostSession, edge: HostSession): Promise<Subscription | null>;
  sync(organization: HostSession, edge: HostSession): Promise<SyncStatus | null>;
}
const SHELL: Asked = {
  subscription: (organization, edge) => findSubscription(organization, edge.facts.name),
  sync: (organization, edge) => testSynchronization(organization, edge.facts.fqdn),
};

export async function gather(
  inputs: Pick<SubscriptionInputs, "edge">,
  edge: HostSession,
  organization: HostSession,
  asked = SHELL,
): Promise<Gathered> {
  let blind: ExchangeError | null = null;
  const unseen = (error: unknown): null => {
    if (!isExchangeError(error, "FORWARDING_REFUSED")) return quiet(error);
    blind = error;
    return null;
  };
  const [subscription, current, leaf, sync, journal] = await Promise.all([
    asked.subscription(organization, edge),
    defaultThumbprint(edge),
    ldapsSeen(inputs.edge, edge, organization).catch(unseen),
    asked.sync(organization, edge).catch(quiet),
    readJournal(edge),
  ]);
  const removed = subscription === null && (await claimRecord(organization, { kind: "subscription", name: edge.facts.name })) !== null;
  return { subscription, defaultThumbprint: current, leaf, blind, sync, journal, removed };
}
function quiet(error: unknown): null {
  if (isExchangeError(error, "PROBE_FAILED", "CMDLET_FAILED")) return null;
  throw error;
}

/** In place of SyncStatus where none is known and a TransportService is to wait for EdgeSync: what it says until then is no verdict. */
export const AWAITED = "Awaited";
export const isAwaited = ({ journal }: Gathered): boolean => journal?.open === true && journal.syncOwed !== null;

/** The thumbprint that is bound: LDAPS leaf = default, and the synchronisation is healthy, or yet to be waited for; else null. */
export function boundThumbprint(now: Gathered): string | null {
  if (!now.subscription || now.leaf === null || now.leaf !== now.defaultThumbprint) return null;
  return now.sync?.status === "Normal" || isAwaited(now) ? now.leaf : null;
}

export type Need = "nothing" | "proof" | "subscribe";

/** What has to be done, from facts alone. */
export function decide(inputs: SubscriptionInputs, now: Gathered, changedOrganization: boolean): Need {
  if (!now.subscription) return "subscribe";
  if (now.journal?.open && now.journal.exported && !AFTER_EXPORT.every((step) => now.journal!.done.has(step))) return "subscribe";
  if (inputs.certificateThumbprint && now.leaf !== inputs.certificateThumbprint) return "subscribe";
  return now.sync?.status !== "Normal" || changedOrganization ? "proof" : "nothing";
}

/**
 * Connectors of which the Edge was a source until somebody removed its subscription. The Edge is not asked by such a removal, so
 * that its replica still shows them (exchange.md 15.7).
 */
export async function lostConnectors(inputs: SubscriptionInputs, now: Gathered, edge: Shell): Promise<ConnectorBag[]> {
  return now.removed && !inputs.allowConnectorLoss ? listSendConnectors(edge) : [];
}
