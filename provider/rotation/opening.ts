/**
 * Beginning and end of an Edge's window. Beginning: site window, connector snapshot, then the journal, each durable before the
 * first destructive call. End: window, journal, snapshot, in the order that leaves nothing blocked after a crash.
 */
import { ExchangeError } from "../base/errors";
import { same } from "../base/json";
import { connectorsOf, type ConnectorBag } from "../exchange/sendConnectors";
import { text, type Shell } from "../exchange/shell";
import { findSubscription, SUBSCRIPTION_FILE } from "../exchange/subscriptions";
import { transportSeen } from "../exchange/transport";
import { directoryServices } from "./directoryServices";
import { dropLease, keepLease, withLease, type LeasedShell } from "./leasedShell";
import { holdersAfter } from "./holders";
import { Journal, type JournalState, type OldState } from "./journal";
import { removeFile } from "./files";
import { enterSite, type Fellows } from "./siteEntry";
import { closeSiteWindow, readSiteWindows } from "./siteWindow";
import { removeSnapshot, withLost, writeSnapshot } from "./snapshot";
import type { Actor } from "./actor";

export interface Opening {
  edge: LeasedShell;
  /** Null on an Edge without organisation (services: [] or not subscribed and none given). */
  organization: Shell | null;
  actor: Actor;
  target: string | null;
  /** Another resource resumes transport later; `null`: as the open journal has it. */
  hold: boolean | null;
  /** The owner's name before an alias. */
  formerOwner?: string;
  /** Site for an Edge that is not subscribed yet. */
  site?: string;
  old: Omit<OldState, "transport" | "subscribed" | "services" | "starttlsThumbprint">;
  /** What STARTTLS presents before a new window. */
  presented: () => Promise<string | null>;
  /** Connectors of which the Edge was a source until somebody removed its subscription. */
  lost?: ConnectorBag[];
  /** The other Edges of the site. */
  fellows?: Fellows;
  signal: AbortSignal;
}

/** Refuses a journal that another stack has open. @throws ROTATION_OPEN */
export function refuseForeign(state: JournalState | null, actor: Actor, edge: string): void {
  if (!state?.open || state.stack === actor.stack) return;
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
  const { edge, actor, organization } = opening;
  const journal = await Journal.load(edge, actor);
  const state = journal.state;
  const isEdge = edge.facts.role === "Edge";
  if (isEdge) refuseForeign(state, actor, edge.facts.name);
  requireSameOrganization(state, organization, edge.facts.name);
  if (state?.open) {
    continueWith(journal, state, opening);
  } else {
    await openNew(journal, opening, organization);
  }
  if (isEdge) keepLease(edge);
  return journal;
}

/** A hold ends when the last owner that asked for it no longer does. */
function continueWith(journal: Journal, state: JournalState, { target, hold, actor, formerOwner }: Opening): void {
  const holders = hold === null ? state.holders : holdersAfter(state.holders, { owner: actor.owner, formerOwner, hold });
  if ((target === null || state.target === target) && state.owner === actor.owner && same([...holders].sort(), [...state.holders].sort()))
    return;
  journal.defer({ type: "target", target: target ?? state.target, owner: actor.owner, hold: holders.length > 0, holders });
}

async function openNew(journal: Journal, opening: Opening, organization: Shell | null): Promise<void> {
  const { edge, actor, target, hold, old, signal } = opening;
  const name = edge.facts.name;
  const { lost = [] } = opening;
  const ours = (shell: Shell): Promise<ConnectorBag[]> =>
    connectorsOf(
      shell,
      name,
      lost.map((bag) => text(bag.Name)),
    );
  const look = () =>
    Promise.all([
      transportSeen(edge),
      edge.facts.role === "Edge" ? directoryServices(edge) : Promise.resolve<OldState["services"]>({}),
      opening.presented(),
    ]);
  const [seen, { subscription, site }] = await Promise.all([
    look(),
    siteOf(opening, organization),
    // for the snapshot, which is written under the organisation's lease
    organization && ours(organization),
  ]);
  let waited = false;
  if (organization) {
    const keepSnapshot = async (leased: LeasedShell): Promise<void> => {
      const connectors = withLost(await ours(leased), lost, name);
      await writeSnapshot(leased, { edge: name, utc: leased.facts.utc, connectors, subscribed: subscription !== null });
    };
    if (site) waited = await enterSite({ edge: name, site, organization, actor, fellows: opening.fellows, signal }, keepSnapshot);
    else await withLease(organization, actor, keepSnapshot, signal);
  }
  const [{ status }, services, starttlsThumbprint] = waited ? await look() : seen;
  const transport = settled(status);
  await journal.open({
    organization: organization?.facts.fqdn ?? null,
    site,
    hold: hold === true,
    target,
    old: {
      ...old,
      starttlsThumbprint,
      transport,
      subscribed: subscription !== null,
      services,
    },
  });
}

/** The Edge's site, and its window asked for ahead. */
async function siteOf({ edge, site: declared }: Opening, organization: Shell | null) {
  const subscription = organization ? await findSubscription(organization, edge.facts.name) : null;
  const site = subscription?.site ?? declared ?? null;
  if (organization && site) await readSiteWindows(organization, site);
  return { subscription, site };
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
  edge: LeasedShell,
  organization: Shell | null,
  journal: Journal,
  actor: Actor,
  reason: "finished" | "undone" | "abandoned",
  signal?: AbortSignal,
): Promise<void> {
  const state = journal.state;
  if (!state?.open) return;
  const { name } = edge.facts;
  const close = async (leased: LeasedShell | null): Promise<void> => {
    await Promise.all([
      leased && state.site && closeSiteWindow(leased, state.site, name),
      // The file holds a clear-text credential; a run that was killed between export and removal has left it there.
      state.exported && removeFile(edge, SUBSCRIPTION_FILE),
    ]);
    await journal.append({ type: "close", reason });
    dropLease(edge);
    // It goes before the lease does, and is waited for by nobody: one that stays is overwritten by the next window.
    if (leased) void removeSnapshot(leased, name).catch(() => undefined);
  };
  if (organization) await withLease(organization, actor, close, signal);
  else await close(null);
}
