/** A site's open window: one Edge of a site is out of service at a time (rotation.md 3). Kept on the organisation's host. */
import { sawSiteWindow } from "../base/edges";
import { ExchangeError } from "../base/errors";
import { hostTime, knownTime } from "../exchange/clocks";
import type { Shell } from "../exchange/shell";
import { createJson, fileName, readJson, removeFile, writeJson } from "./files";
import type { Actor } from "./actor";

export interface SiteWindow {
  edge: string;
  site: string;
  stack: string;
  owner: string;
  since: string;
  /** The connector whose flip restarts transport of the site's Edges, one after the other; on the Edges themselves nothing is open. */
  flip?: string;
}
/** Flips under way in this process: `host|SITE`. A flip's window of this stack that is not among them was left by a run that was killed. */
const flipping = new Set<string>();
const flipKey = (organization: Shell, site: string): string => `${organization.facts.fqdn.toLowerCase()}|${site.toUpperCase()}`;
const path = (site: string): string => `windows/${fileName(site.toUpperCase())}.json`;

export async function readSiteWindow(organization: Shell, site: string): Promise<SiteWindow | null> {
  const window = await readJson<SiteWindow>(organization, path(site));
  sawSiteWindow(site, window);
  return window;
}

/** Throws when another Edge, or another stack, has the site's window. @throws EDGE_WINDOW_BUSY */
export function refuseBusy(window: SiteWindow | null, edge: string, actor: Actor, now: Date): void {
  if (!window || (window.edge === edge && window.stack === actor.stack && window.flip === undefined)) return;
  const minutes = Math.max(0, Math.round((now.getTime() - new Date(window.since).getTime()) / 60_000));
  throw new ExchangeError(
    "EDGE_WINDOW_BUSY",
    `${edge} cannot be taken out of service: ${window.edge} of site ${window.site} has been since ${window.since} (${minutes} min, by ${window.owner}).`,
    {
      host: edge,
      hint: `Finish ${window.edge} first (\`pulumi up --refresh\` where it is this stack's), or run \`npx pulumi-exchange resume ${window.edge} [--abandon]\`.`,
      details: { edge: window.edge, owner: window.owner, since: window.since },
    },
  );
}

/** Opens the window, or finds it open for this Edge and stack already. @throws EDGE_WINDOW_BUSY */
export async function openSiteWindow(organization: Shell, site: string, edge: string, actor: Actor): Promise<void> {
  await open(organization, { edge, site }, actor);
}

/** The same for the restarts after a connector's flip, from the first Edge to the last. @throws EDGE_WINDOW_BUSY */
export async function openFlipWindow(organization: Shell, site: string, edge: string, actor: Actor, connector: string): Promise<void> {
  await open(organization, { edge, site, flip: connector }, actor);
  flipping.add(flipKey(organization, site));
}

/** The flip goes on to the next Edge. */
export async function moveFlipWindow(organization: Shell, site: string, edge: string): Promise<void> {
  const window = await readSiteWindow(organization, site);
  if (window?.flip !== undefined && window.edge !== edge) await writeJson(organization, path(site), { ...window, edge });
}

/** Closes a flip's own window. */
export async function closeFlipWindow(organization: Shell, site: string, connector: string): Promise<void> {
  const window = await readSiteWindow(organization, site);
  if (window?.flip === connector) await removeFile(organization, path(site));
  flipping.delete(flipKey(organization, site));
}

/** What a killed run's flip left: its restarts are owed by the connector, and nothing is out of service. */
function isLeft(organization: Shell, window: SiteWindow | null, actor: Actor): boolean {
  return window?.flip !== undefined && window.stack === actor.stack && !flipping.has(flipKey(organization, window.site));
}

async function open(organization: Shell, { edge, site, flip }: Pick<SiteWindow, "edge" | "site" | "flip">, actor: Actor): Promise<void> {
  const now = knownTime(organization) ?? (await hostTime(organization));
  const seen = await readSiteWindow(organization, site);
  const window: SiteWindow = { edge, site, stack: actor.stack, owner: actor.owner, since: now.toISOString(), ...(flip ? { flip } : {}) };
  const own = flip !== undefined && seen?.flip === flip && seen.stack === actor.stack;
  if (own || isLeft(organization, seen, actor)) return writeJson(organization, path(site), window);
  // A window that is the Edge's own rotation is none for a flip: transport is started at its end.
  refuseBusy(flip !== undefined && seen ? { ...seen, flip: seen.flip ?? "" } : seen, edge, actor, now);
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
