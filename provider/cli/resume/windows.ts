/** The open windows on the organisation's host that belong to one Edge, and what a rotation that is over left behind. */
import { equalNames, type Shell } from "../../exchange/shell";
import type { HostSession } from "../../remote/sessions";
import { readJson } from "../../rotation/files";
import { withHand } from "../../rotation/hand";
import { readJournal } from "../../rotation/journal";
import { readSnapshot, removeSnapshot } from "../../rotation/snapshot";
import { closeWindow, type SiteWindow } from "../../rotation/window";
import type { Who } from "../../rotation/who";

/** Looked for by the Edge's name, not by its site: an Edge that cannot be reached cannot tell its site. */
export async function windowsOf(organization: Shell, edge: string): Promise<SiteWindow[]> {
  const { files } = await organization.request("file.list", { path: "windows" });
  const all = await Promise.all(
    files.filter((file) => file.endsWith(".json")).map((file) => readJson<SiteWindow>(organization, windowPath(file))),
  );
  return all.filter((one): one is SiteWindow => one !== null && equalNames(one.edge, edge));
}

function windowPath(file: string): string {
  return `windows/${file.replace(/^.*[\\/]/, "")}`;
}

/** Frees the sites that this Edge keeps busy; returns them. */
export function freeSites(organization: HostSession, edge: string, who: Who, signal: AbortSignal): Promise<SiteWindow[]> {
  return withHand(
    organization,
    who,
    async (hand) => {
      const windows = await windowsOf(hand, edge);
      for (const { site, edge: spelled } of windows) await closeWindow(hand, site, spelled);
      return windows;
    },
    signal,
  );
}

export interface Leftovers {
  edge: HostSession;
  organization: HostSession;
  who: Who;
  signal: AbortSignal;
}

/**
 * With no rotation open: a window or a snapshot of this Edge is left over from a run that died between two files. The Edge's
 * lease is taken, so that a run which is about to open its journal is not robbed. @throws LEASE_HELD
 */
export async function clearLeftovers({ edge, organization, who, signal }: Leftovers): Promise<string[]> {
  const { name } = edge.facts;
  if (!(await readSnapshot(organization, name)) && (await windowsOf(organization, name)).length === 0) return [];
  return withHand(edge, who, (hand) => clear(hand, organization, who, signal), signal);
}

async function clear(edge: Shell, organization: HostSession, who: Who, signal: AbortSignal): Promise<string[]> {
  const { name } = edge.facts;
  if ((await readJournal(edge))?.open) return [];
  const freed = await freeSites(organization, name, who, signal);
  const stale = (await readSnapshot(organization, name)) !== null;
  if (stale) await withHand(organization, who, (hand) => removeSnapshot(hand, name), signal);
  return [...freed.map((one) => `the window of site ${one.site}, open since ${one.since}`), ...(stale ? ["a connector snapshot"] : [])];
}
