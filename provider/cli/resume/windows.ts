/** The open windows on the organisation's host that belong to one Edge, and what a rotation that is over left behind. */
import type { Shell } from "../../exchange/shell";
import type { HostSession } from "../../remote/sessions";
import { withLease } from "../../rotation/leasedShell";
import { readJournal } from "../../rotation/journal";
import { readSnapshot, removeSnapshot } from "../../rotation/snapshot";
import { closeSiteWindow, windowsOf, type SiteWindow } from "../../rotation/siteWindow";
import type { Actor } from "../../rotation/actor";

/** Frees the sites that this Edge keeps busy; returns them. */
export function releaseSites(organization: HostSession, edge: string, actor: Actor, signal: AbortSignal): Promise<SiteWindow[]> {
  return withLease(
    organization,
    actor,
    async (leased) => {
      const windows = await windowsOf(leased, edge);
      for (const { site, edge: spelled } of windows) await closeSiteWindow(leased, site, spelled);
      return windows;
    },
    signal,
  );
}

export interface Leftovers {
  edge: HostSession;
  organization: HostSession;
  actor: Actor;
  signal: AbortSignal;
}

/**
 * With no rotation open: a window or a snapshot of this Edge is left over from a run that died between two files. The Edge's
 * lease is taken, so that a run which is about to open its journal is not robbed. @throws LEASE_HELD
 */
export async function clearLeftovers({ edge, organization, actor, signal }: Leftovers): Promise<string[]> {
  const { name } = edge.facts;
  if (!(await readSnapshot(organization, name)) && (await windowsOf(organization, name)).length === 0) return [];
  return withLease(edge, actor, (leased) => clear(leased, organization, actor, signal), signal);
}

async function clear(edge: Shell, organization: HostSession, actor: Actor, signal: AbortSignal): Promise<string[]> {
  const { name } = edge.facts;
  if ((await readJournal(edge))?.open) return [];
  const freed = await releaseSites(organization, name, actor, signal);
  const stale = (await readSnapshot(organization, name)) !== null;
  if (stale) await withLease(organization, actor, (leased) => removeSnapshot(leased, name), signal);
  return [...freed.map((one) => `the window of site ${one.site}, open since ${one.since}`), ...(stale ? ["a connector snapshot"] : [])];
}
