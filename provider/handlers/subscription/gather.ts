/** What Edge, organisation and the LDAPS door say about a subscription, and what follows. */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint, mailboxDefaults } from "../../exchange/certificates";
import { listSendConnectors, type ConnectorBag } from "../../exchange/sendConnectors";
import type { Shell } from "../../exchange/shell";
import { findSubscription, sameSite, testSynchronization, type Subscription, type SyncStatus } from "../../exchange/subscriptions";
import { ADLDS } from "../../exchange/transport";
import { readClaims, recordOf } from "../../rotation/claims";
import { AFTER_EXPORT, readJournal, type JournalState } from "../../rotation/journal";
import type { HostSession } from "../../remote/sessions";
import { isExchangeError } from "../../base/errors";
import { ldapsLeaf } from "../doors";
import type { SubscriptionInputs } from "./inputs";

export interface Gathered {
  subscription: Subscription | null;
  defaultThumbprint: string | null;
  /** What AD LDS presents; null = nothing answers. */
  leaf: string | null;
  sync: SyncStatus | null;
  journal: JournalState | null;
  /** A resource claims the subscription that is not there: somebody removed it by hand. */
  removed: boolean;
}

export async function gather(inputs: Pick<SubscriptionInputs, "edge">, edge: HostSession, organization: HostSession): Promise<Gathered> {
  const [subscription, claims, current, leaf, sync, journal] = await Promise.all([
    findSubscription(organization, edge.facts.name),
    readClaims(organization),
    defaultThumbprint(edge),
    ldapsLeaf(inputs.edge, edge, organization).catch(quiet),
    testSynchronization(organization, edge.facts.fqdn).catch(quiet),
    readJournal(edge),
  ]);
  const removed = subscription === null && recordOf(claims, "subscription", edge.facts.name) !== null;
  return { subscription, defaultThumbprint: current, leaf, sync, journal, removed };
}
function quiet(error: unknown): null {
  if (isExchangeError(error, "PROBE_FAILED", "CMDLET_FAILED")) return null;
  throw error;
}

/** The thumbprint that is bound: LDAPS leaf = default, and the synchronisation is healthy; else null. */
export function boundThumbprint(now: Gathered): string | null {
  return now.subscription && now.leaf !== null && now.leaf === now.defaultThumbprint && now.sync?.status === "Normal" ? now.leaf : null;
}

export type Need = "nothing" | "proof" | "subscribe";

/** What has to be done, from facts alone. */
export function decide(inputs: SubscriptionInputs, now: Gathered, changedOrganization: boolean): Need {
  if (!now.subscription) return "subscribe";
  if (now.journal?.open && now.journal.exported && !AFTER_EXPORT.every((step) => now.journal!.done.has(step))) return "subscribe";
  if (inputs.certificateThumbprint && now.leaf !== inputs.certificateThumbprint) return "subscribe";
  return now.sync?.status !== "Normal" || changedOrganization ? "proof" : "nothing";
}

/** A stack does not know that an Edge was put back until it looks. */
const NOT_DEFAULT =
  "certificateThumbprint must be the Edge's default certificate. Where `resume` or a delete has put the Edge back, run `pulumi up --refresh`.";

/** Refusals before anything is changed. @throws SUBSCRIPTION_NOT_DEFAULT, SITE_UNKNOWN */
export function refuse(inputs: SubscriptionInputs, now: Gathered, edge: string): void {
  const { certificateThumbprint: wanted, site } = inputs;
  if (wanted && now.defaultThumbprint !== wanted) {
    throw new ExchangeError(
      "SUBSCRIPTION_NOT_DEFAULT",
      `${edge}: the default certificate is ${now.defaultThumbprint ?? "missing"}, not ${wanted}.`,
      { host: edge, hint: NOT_DEFAULT },
    );
  }
  if (now.subscription && !sameSite(now.subscription.site, site)) {
    throw new ExchangeError(
      "SITE_UNKNOWN",
      `${edge} is subscribed to site ${now.subscription.site}, not ${site}; a subscription keeps its site.`,
      {
        host: edge,
        hint: `Set site to "${now.subscription.site}", or remove the subscription by hand first.`,
      },
    );
  }
}

/**
 * A door that does not answer is no reason to subscribe again: nobody knows what AD LDS would present.
 * @throws PROBE_FAILED, SERVICE_FAILED
 */
export async function refuseSilence(inputs: SubscriptionInputs, now: Gathered, edge: HostSession): Promise<void> {
  if (now.leaf !== null || !now.subscription || !inputs.certificateThumbprint || now.journal?.open) return;
  const host = edge.facts.name;
  const { status } = await edge.request("service.status", { name: ADLDS });
  if (status !== "Running") {
    throw new ExchangeError("SERVICE_FAILED", `${host}: AD LDS (${ADLDS}) is ${status}; nothing was changed.`, {
      host,
      hint: `Start ${ADLDS} and its dependants on ${host}, then run again.`,
    });
  }
  throw new ExchangeError("PROBE_FAILED", `${host}: AD LDS runs but does not answer at its LDAPS port; nothing was changed.`, { host });
}

/**
 * Connectors of which the Edge was a source until somebody removed its subscription. The Edge is not asked by such a removal, so
 * that its replica still shows them (exchange.md 15.7).
 */
export async function lostConnectors(inputs: SubscriptionInputs, now: Gathered, edge: Shell): Promise<ConnectorBag[]> {
  return now.removed && !inputs.allowConnectorLoss ? listSendConnectors(edge) : [];
}

/** No file of an Edge that shares its default with a Mailbox server is taken (exchange.md 4.2). @throws CERTIFICATE_IS_MAILBOX_DEFAULT */
export async function refuseShared(now: Gathered, edge: Shell, organization: Shell): Promise<void> {
  const twin = [...(await mailboxDefaults(organization))].find(([, thumbprint]) => thumbprint === now.defaultThumbprint);
  if (!twin) return;
  const host = edge.facts.name;
  const sentence = `${host}: ${now.defaultThumbprint} is the default certificate of Mailbox server ${twin[0]} too, so that its subscription file would be refused.`;
  throw new ExchangeError("CERTIFICATE_IS_MAILBOX_DEFAULT", sentence, { host });
}

/** The first subscription deletes the Edge's own send connectors (exchange.md 15.6). @throws CONNECTOR_WOULD_BE_LOST */
export async function refuseLoss(inputs: SubscriptionInputs, now: Gathered, edge: HostSession): Promise<void> {
  if (now.subscription || now.removed || inputs.allowConnectorLoss || now.journal?.open) return;
  const own = await listSendConnectors(edge);
  if (own.length === 0) return;
  const host = edge.facts.name;
  throw new ExchangeError("CONNECTOR_WOULD_BE_LOST", `${host}: the first subscription deletes its ${own.length} own send connector(s).`, {
    host,
  });
}
