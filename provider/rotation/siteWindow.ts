/** A site's open window: one Edge of a site is out of service at a time (rotation.md 3). Kept on the organisation's host. */
import { sawSiteWindow } from "../base/edges";
import { ExchangeError } from "../base/errors";
import type { Shell } from "../exchange/shell";
import { createJson, fileName, readJson, removeFile } from "./files";
import type { Actor } from "./actor";

export interface SiteWindow {
  edge: string;
  site: string;
  stack: string;
  owner: string;
  since: string;
}
const path = (site: string): string => `windows/${fileName(site.toUpperCase())}.json`;

export async function readSiteWindow(organization: Shell, site: string): Promise<SiteWindow | null> {
  const window = await readJson<SiteWindow>(organization, path(site));
  sawSiteWindow(site, window);
  return window;
}

/** Throws when another Edge, or another stack, has the site's window. @throws EDGE_WINDOW_BUSY */
export function refuseBusy(window: SiteWindow | null, edge: string, actor: Actor, now: Date): void {
  if (!window || (window.edge === edge && window.stack === actor.stack)) return;
  const minutes = Math.max(0, Math.round((now.getTime() - new Date(window.since).getTime()) / 60_000));
  throw new ExchangeError(
    "EDGE_WINDOW_BUSY",
    `${edge} cannot be taken out of service: ${window.edge} of site ${window.site} has been since ${window.since} (${minutes} min, by ${window.owner}).`,
    {
      host: edge,
      hint: `Finish ${window.edge} first, or run \`npx pulumi-exchange resume ${window.edge} [--abandon]\`.`,
      details: { edge: window.edge, owner: window.owner, since: window.since },
    },
  );
}

/** Opens the window, or finds it open for this Edge and stack already. @throws EDGE_WINDOW_BUSY */
export async function openSiteWindow(organization: Shell, site: string, edge: string, actor: Actor): Promise<void> {
  const now = new Date((await organization.request("hello", {})).utc);
  refuseBusy(await readSiteWindow(organization, site), edge, actor, now);
  const window: SiteWindow = { edge, site, stack: actor.stack, owner: actor.owner, since: now.toISOString() };
  if (await createJson(organization, path(site), window)) return;
  refuseBusy(await readSiteWindow(organization, site), edge, actor, now);
}

/** Closes the window of this Edge; another Edge's is left alone. */
export async function closeSiteWindow(organization: Shell, site: string, edge: string): Promise<void> {
  const window = await readSiteWindow(organization, site);
  if (window?.edge !== edge) return;
  await removeFile(organization, path(site));
  sawSiteWindow(site, null);
}
