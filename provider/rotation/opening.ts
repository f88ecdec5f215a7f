/**
 * Beginning and end of an Edge's window. Beginning: site window, connector snapshot, then the journal, each durable before the
 * first destructive call. End: window, journal, snapshot, in the order that leaves nothing blocked after a crash.
 */
import { ExchangeError } from "../base/errors";
import { same } from "../base/json";
import { listSendConnectors, type ConnectorBag } from "../exchange/sendConnectors";
import type { Shell } from "../exchange/shell";
import { findSubscription, SUBSCRIPTION_FILE } from "../exchange/subscriptions";
import { transportStatus } from "../exchange/transport";
import { directoryServices } from "./directoryServices";
import { dropHand, keepHand, withHand, type Hand } from "./hand";
import { holdersAfter } from "./holders";
import { Journal, type JournalState, type OldState } from "./journal";
import { removeFile } from "./files";
import { closeWindow, openWindow, readWindow, type SiteWindow } from "./window";
import { readSnapshot, removeSnapshot, withLost, writeSnapshot } from "./snapshot";
import type { Who } from "./who";

export interface Opening {
  edge: Hand;
  /** Null on an Edge without organisation (services: [] or not subscribed and none given). */
  organization: Shell | null;
  who: Who;
  target: string | null;
  /** Another resource resumes transport later; `null`: as the open journal has it. */
  hold: boolean | null;
  /** The owner's name before an alias. */
  formerOwner?: string;
  /** Site for an Edge that is not subscribed yet. */
  site?: string;
  old: Omit<OldState, "transport" | "subscribed" | "services">;
  /** Connectors of which the Edge was a source until somebody removed its subscription. */
  lost?: ConnectorBag[];
  /** Takes back another Edge of this stack that keeps the site busy, where it can. */
  freeSite?: (window: SiteWindow) => Promise<void>;
  signal: AbortSignal;
}

/** Refuses a journal that another stack has open. @throws ROTATION_OPEN */
export function refuseForeign(state: JournalState | null, who: Who, edge: string): void {
  if (!state?.open || state.stack === who.stack) return;
  throw new ExchangeError("ROTATION_OPEN", `${edge}: a rotation of ${state.owner} has been open since ${state.since}.`, {
    host: edge,
    hint: `Finish it in stack ${state.stack}, or run \`npx pulumi-exchange resume ${edge}\`.`,
  });
}

/** The connector snapshot lies on one organisation's host: another one is refused while a journal is open. @throws ROTATION_OPEN */
export function requireSameOrganization(state: JournalState | null, organization: Shell | null, edge: string): void {
  if (!state?.open || !state.organization || !organization || state.organization.toLowerCase() === organization.facts.fqdn.toLowerCase())
    return;
  throw new ExchangeError(
    "ROTATION_OPEN",
    `${edge}: a rotation is open that keeps its records on ${state.organization}, not on ${organization.facts.fqdn}.`,
    {
      host: edge,
      hint: `Use ${state.organization} as organization until the rotation is finished.`,
    },
  );
}

/** Continues the open journal with this target, or opens window, snapshot and journal. @throws EDGE_WINDOW_BUSY, ROTATION_OPEN, LEASE_HELD */
export async function openRotation(opening: Opening): Promise<Journal> {
  const { edge, who, organization } = opening;
  const journal = await Journal.load(edge, who);
  const state = journal.state;
  const isEdge = edge.facts.role === "Edge";
  if (isEdge) refuseForeign(state, who, edge.facts.name);
  requireSameOrganization(state, organization, edge.facts.name);
  if (state?.open) {
    await continueWith(journal, state, opening);
  } else {
    await openNew(journal, opening, organization);
  }
  if (isEdge) keepHand(edge);
  return journal;
}

/** A hold ends when the last owner that asked for it no longer does. */
async function continueWith(journal: Journal, state: JournalState, { target, hold, who, formerOwner }: Opening): Promise<void> {
  const holders = hold === null ? state.holders : holdersAfter(state.holders, { owner: who.owner, formerOwner, hold });
  if ((target === null || state.target === target) && state.owner === who.owner && same([...holders].sort(), [...state.holders].sort()))
    return;
  await journal.append({ type: "target", target: target ?? state.target, owner: who.owner, hold: holders.length > 0, holders });
}

async function openNew(journal: Journal, opening: Opening, organization: Shell | null): Promise<void> {
  const { edge, who, target, hold, old, signal } = opening;
  const name = edge.facts.name;
  const transport = settled((await transportStatus(edge)).status);
  const subscription = organization ? await findSubscription(organization, name) : null;
  const site = subscription?.site ?? opening.site ?? null;
  if (organization) {
    if (site) await askForSite(opening, organization, site);
    const prepare = async (hand: Hand): Promise<void> => {
      if (site) await openWindow(hand, site, name, who);
      const connectors = withLost(await listSendConnectors(hand), opening.lost ?? [], name);
      await writeSnapshot(hand, { edge: name, utc: hand.facts.utc, connectors, subscribed: subscription !== null });
    };
    try {
      await withHand(organization, who, prepare, signal);
    } catch (error) {
      if (site) await freeSite(organization, who, site, name).catch(() => undefined);
      throw error;
    }
  }
  await journal.open({
    organization: organization?.facts.fqdn ?? null,
    site,
    hold: hold === true,
    target,
    old: {
      ...old,
      transport,
      subscribed: subscription !== null,
      services: edge.facts.role === "Edge" ? await directoryServices(edge) : {},
    },
  });
}

/** Nothing was begun: a window without a journal would keep the site's other Edges from theirs, and the old program would not see it. */
async function freeSite(organization: Shell, who: Who, site: string, edge: string): Promise<void> {
  await withHand(organization, who, async (hand) => {
    if ((await readWindow(hand, site))?.stack === who.stack) await closeWindow(hand, site, edge);
  });
}

/** Before the organisation's hand is taken: bringing the other Edge back needs it, too. */
async function askForSite({ edge, who, freeSite }: Opening, organization: Shell, site: string): Promise<void> {
  const window = await readWindow(organization, site);
  if (window && window.edge !== edge.facts.name && window.stack === who.stack) await freeSite?.(window);
}

function settled(status: string): OldState["transport"] {
  return status === "Paused" || status === "PausePending"
    ? "Paused"
    : status === "Stopped" || status === "StopPending"
      ? "Stopped"
      : "Running";
}

/** Ends the window: the site is free, the journal is closed, the snapshot goes. */
export async function closeRotation(
  edge: Hand,
  organization: Shell | null,
  journal: Journal,
  who: Who,
  reason: "finished" | "undone" | "abandoned",
  signal?: AbortSignal,
): Promise<void> {
  const state = journal.state;
  if (!state?.open) return;
  const name = edge.facts.name;
  const onOrganization = async (work: (hand: Hand) => Promise<void>): Promise<void> => {
    if (organization) await withHand(organization, who, work, signal);
  };
  if (state.site) await onOrganization((hand) => closeWindow(hand, state.site!, name));
  // The file holds a clear-text credential; a run that was killed between export and removal has left it there.
  if (state.exported) await removeFile(edge, SUBSCRIPTION_FILE);
  await journal.append({ type: "close", reason });
  dropHand(edge);
  await onOrganization(async (hand) => {
    if (await readSnapshot(hand, name)) await removeSnapshot(hand, name);
  });
}
