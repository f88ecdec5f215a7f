/** What a refresh sees of a subscription: where the organisation names a directory, its half comes from there. */
import { isExchangeError } from "../../base/errors";
import { plain, type Json, type JsonObject } from "../../base/json";
import { namesIn, ofServer, type DirectoryView } from "../../directory";
import { defaultThumbprint } from "../../exchange/certificates";
import { equalNames } from "../../exchange/shell";
import { subscriptionAmongAll, synchronizationOf, type Subscription } from "../../exchange/subscriptions";
import type { HostSession } from "../../remote/sessions";
import { ldapsLeaf } from "../../rotation/doors";
import { readJournal } from "../../rotation/journal";
import { fromDirectory, sessionIfUp } from "../directory";
import type { Seen } from "../lifecycle";
import type { Context } from "../types";
import { AWAITED, boundThumbprint, gather, isAwaited, type Gathered } from "./gather";
import type { SubscriptionInputs } from "./inputs";

export async function readSubscription(ctx: Context, inputs: SubscriptionInputs, edge: HostSession): Promise<Seen | null> {
  const organization = await sessionIfUp(ctx, inputs.organization);
  if (organization === null) return withoutOrganization(ctx, inputs, edge);
  const now = await look(ctx, inputs, edge, organization).catch(async (error: unknown) => {
    // Inside a window Exchange may be unable to answer; the next update heals that.
    if (isExchangeError(error, "CMDLET_FAILED") && (await readJournal(edge))?.open) return null;
    throw error;
  });
  if (!now) return { outputs: {}, open: true };
  if (!now.subscription && !now.journal?.open) return null;
  return found(inputs, now.subscription, now.journal?.open === true, observed(edge, now));
}

function found(inputs: SubscriptionInputs, subscription: Subscription | null, open: boolean, seen: JsonObject): Seen {
  return { outputs: { ...seen, site: subscription?.site ?? inputs.site }, open };
}

/** Outputs that the servers decide; `before`: the status last known, which stands until EdgeSync has been waited for. */
export function observed(edge: HostSession, now: Gathered, before?: Json): JsonObject {
  return {
    edgeName: edge.facts.name,
    // What nobody could look at is no drift.
    ...(now.blind ? {} : { boundThumbprint: boundThumbprint(now) }),
    syncStatus: isAwaited(now) ? (before ?? AWAITED) : (now.sync?.status ?? "Unknown"),
    lastSynchronized: now.sync?.lastSynchronized ? now.sync.lastSynchronized.replace(/\.\d+Z$/, "Z") : null,
    server: edge.facts.fqdn,
  };
}

function look(ctx: Context, inputs: SubscriptionInputs, edge: HostSession, organization: HostSession): Promise<Gathered> {
  if (!ctx.directory) return gather(inputs, edge, organization);
  return gather(inputs, edge, organization, {
    subscription: () => subscriptionOf(ctx, inputs, edge, () => subscriptionAmongAll(organization, edge.facts.name)),
    sync: () => synchronizationOf(organization, edge.facts.fqdn),
  });
}

function subscriptionOf(
  ctx: Context,
  { organization }: SubscriptionInputs,
  edge: HostSession,
  inShell: () => Promise<Subscription | null>,
): Promise<Subscription | null> {
  const { name } = edge.facts;
  const inView = ({ subscriptions }: DirectoryView): Subscription | undefined => {
    const own = subscriptions.find((one) => equalNames(one.name, name));
    return own && { name: own.name, site: namesIn(own.site)[0] };
  };
  return fromDirectory<Subscription | null>(ctx, organization, `the subscription of ${name}`, inView, inShell);
}

/**
 * The organisation's host is down. What the last import bound stands in the directory (exchange.md 15.1, 15.6): it must be the Edge's
 * default, and what AD LDS presents to the Edge itself. How the synchronisation stands nobody can tell: state keeps what it knew.
 */
async function withoutOrganization(ctx: Context, inputs: SubscriptionInputs, edge: HostSession): Promise<Seen> {
  const view = (await ctx.directory!(inputs.organization))!;
  const inShell = async (): Promise<Subscription | null> => subscriptionAmongAll(await ctx.session(inputs.organization), edge.facts.name);
  const [subscription, current, leaf, journal] = await Promise.all([
    subscriptionOf(ctx, inputs, edge, inShell),
    defaultThumbprint(edge),
    ldapsLeaf(inputs.edge, edge, edge).catch(unseen),
    readJournal(edge),
  ]);
  const bound = leaf !== null && leaf === current && ofServer(view, edge.facts.fqdn)?.thumbprint === leaf ? leaf : null;
  const seen = { edgeName: edge.facts.name, server: edge.facts.fqdn, ...(leaf === undefined ? {} : { boundThumbprint: bound }) };
  return found(inputs, subscription, journal?.open === true, plain(seen));
}

/** Nothing answers: null; an SSH server that lets nobody look says nothing (undefined). */
function unseen(error: unknown): null | undefined {
  if (isExchangeError(error, "FORWARDING_REFUSED")) return undefined;
  if (isExchangeError(error, "PROBE_FAILED")) return null;
  throw error;
}
