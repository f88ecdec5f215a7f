/**
 * The windows of the sites whose Edges a flip restarts: taken before the name is set, one Edge of a site after the other, like those of any
 * rotation (DESIGN 3, point 3). Another Edge's open window refuses the flip while nothing was changed.
 */
import { Mutex } from "async-mutex";
import { equalNames, type Shell } from "../../exchange/shell";
import { listSubscriptions } from "../../exchange/subscriptions";
import { transportStatus } from "../../exchange/transport";
import type { HostSession } from "../../remote/sessions";
import type { Actor } from "../../rotation/actor";
import { readJournal } from "../../rotation/journal";
import type { LeasedShell } from "../../rotation/leasedShell";
import { closeFlipWindow, moveFlipWindow, openFlipWindow } from "../../rotation/siteWindow";
import type { Source } from "./gather";

const mutexes = new Map<string, Mutex>();

/** Connectors of one organisation that the program does not chain flip one after the other all the same. */
export function oneFlipAtATime<T>({ facts }: Shell, work: () => Promise<T>): Promise<T> {
  const key = facts.fqdn.toLowerCase();
  const mutex = mutexes.get(key) ?? new Mutex();
  mutexes.set(key, mutex);
  return mutex.runExclusive(work);
}

/** Edges whose transport is to be restarted. Inside a window of its own an Edge is started later anyway. */
export async function restarting(sources: readonly Source[]): Promise<HostSession[]> {
  const edges: HostSession[] = [];
  for (const { session } of sources) {
    if (session.facts.role !== "Edge" || (await readJournal(session))?.open) continue;
    edges.push(session);
  }
  return edges;
}

/** The Edges among a connector's sources, whatever they do now. */
export function edgesAmong(sources: readonly Source[]): HostSession[] {
  return sources.map(({ session }) => session).filter(({ facts }) => facts.role === "Edge");
}

/** Those that run: only they are restarted. */
export async function running(edges: readonly HostSession[]): Promise<HostSession[]> {
  const found: HostSession[] = [];
  for (const edge of edges) if ((await transportStatus(edge)).status === "Running") found.push(edge);
  return found;
}

/** All of them or none. @throws EDGE_WINDOW_BUSY */
export async function openWindows(
  organization: LeasedShell,
  connector: string,
  edges: readonly HostSession[],
  actor: Actor,
): Promise<void> {
  try {
    for (const [site, edge] of await firstOfEachSite(organization, edges)) await openFlipWindow(organization, site, edge, actor, connector);
  } catch (error) {
    await closeWindows(organization, connector, edges);
    throw error;
  }
}

export async function moveWindow(organization: LeasedShell, edge: string): Promise<void> {
  const site = (await listSubscriptions(organization)).find((one) => equalNames(one.name, edge))?.site;
  if (site) await moveFlipWindow(organization, site, edge);
}

export async function closeWindows(organization: LeasedShell, connector: string, edges: readonly HostSession[]): Promise<void> {
  for (const site of (await firstOfEachSite(organization, edges)).keys()) await closeFlipWindow(organization, site, connector);
}

export async function allServe(edges: readonly HostSession[]): Promise<boolean> {
  return (await running(edges).catch(() => [])).length === edges.length;
}

/** An Edge that is not subscribed belongs to no site. */
async function firstOfEachSite(organization: Shell, edges: readonly HostSession[]): Promise<Map<string, string>> {
  const sites = new Map<string, string>();
  if (edges.length === 0) return sites;
  const subscriptions = await listSubscriptions(organization);
  for (const { facts } of edges) {
    const site = subscriptions.find((one) => equalNames(one.name, facts.name))?.site;
    if (site && !sites.has(site)) sites.set(site, facts.name);
  }
  return sites;
}
