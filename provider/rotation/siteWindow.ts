/**
 * The record of a site's open windows: which of its Edges are out of service (rotation.md 3). Kept on the organisation's host, read and
 * changed under its lease.
 */
import { sawSiteWindows } from "../base/edges";
import { hostTime, knownTime } from "../exchange/clocks";
import { equalNames, type Shell } from "../exchange/shell";
import { createJson, fileName, readJson, removeFile, writeJson } from "./files";
import type { Actor } from "./actor";
import { isOwn, whyNot, type Question, type SiteWindow } from "./siteRules";

export type { SiteWindow } from "./siteRules";

/**
 * One window is the record itself, as versions that know one alone write it. With more than one `edge` has all their names, which is no
 * Edge's: such a version takes the site for busy, and leaves the record as it is.
 */
interface SiteRecord extends SiteWindow {
  windows?: SiteWindow[];
}
/** Flips under way in this process: `host|SITE`. A flip's window of this stack that is not among them was left by a run that was killed. */
const flipping = new Set<string>();
const flipKey = (organization: Shell, site: string): string => `${organization.facts.fqdn.toLowerCase()}|${site.toUpperCase()}`;
const path = (site: string): string => `windows/${fileName(site.toUpperCase())}.json`;

const windowsIn = (record: SiteRecord | null): SiteWindow[] => (record === null ? [] : (record.windows ?? [record]));

function recordOf(windows: readonly SiteWindow[]): SiteRecord {
  const [first] = windows;
  return windows.length === 1 ? first : { ...first, edge: windows.map(({ edge }) => edge).join(", "), windows: [...windows] };
}

/** The oldest first. */
export async function readSiteWindows(organization: Shell, site: string): Promise<SiteWindow[]> {
  const windows = windowsIn(await readJson<SiteRecord>(organization, path(site)));
  sawSiteWindows(site, windows);
  return windows;
}

/** The open windows of one Edge; looked for by its name, because an Edge that cannot be reached cannot tell its site. */
export async function windowsOf(organization: Shell, edge: string): Promise<SiteWindow[]> {
  return (await allWindows(organization)).filter((one) => equalNames(one.edge, edge));
}

/** The open windows of every site. */
export async function allWindows(organization: Shell): Promise<SiteWindow[]> {
  const { files } = await organization.request("file.list", { path: "windows" });
  const names = files.filter((file) => file.endsWith(".json")).map((file) => file.replace(/^.*[\\/]/, ""));
  const all = await Promise.all(names.map((name) => readJson<SiteRecord>(organization, `windows/${name}`)));
  return all.flatMap(windowsIn);
}

/** What the rules want to know beside the record. */
export type Asked = Pick<Question, "limit" | "others" | "connectors" | "failed">;
/** One Edge of a site at a time, whatever else is known. */
const ONE: Asked = { limit: 1, others: [], connectors: [], failed: null };

/**
 * Opens the window, or finds it open for this Edge and stack already. `ask` is called for what the rules want to know beside these windows.
 * @throws EDGE_WINDOW_BUSY
 */
export async function openSiteWindow(
  organization: Shell,
  site: string,
  edge: string,
  actor: Actor,
  ask: (windows: readonly SiteWindow[]) => Promise<Asked> = () => Promise.resolve(ONE),
): Promise<void> {
  const now = await timeOf(organization);
  const seen = await readSiteWindows(organization, site);
  const windows = seen.filter((one) => !isLeft(organization, one, actor));
  const question = { edge, site, stack: actor.stack, now };
  const refuse = (all: SiteWindow[], asked: Asked): void => {
    const refusal = whyNot({ ...question, windows: all, ...asked });
    if (refusal) throw refusal;
  };
  const asked = await ask(windows);
  refuse(windows, asked);
  if (windows.some((one) => isOwn(one, question))) return;
  const window = { edge, site, stack: actor.stack, owner: actor.owner, since: now.toISOString() };
  if (seen.length > 0) return writeJson(organization, path(site), recordOf([...windows, window]));
  if (!(await createJson(organization, path(site), window))) refuse(await readSiteWindows(organization, site), asked);
}

/** The same for the restarts after a connector's flip, from the first Edge to the last; beside a flip nothing is open. @throws EDGE_WINDOW_BUSY */
export async function openFlipWindow(organization: Shell, site: string, edge: string, actor: Actor, connector: string): Promise<void> {
  const now = await timeOf(organization);
  const seen = await readSiteWindows(organization, site);
  const window: SiteWindow = { edge, site, stack: actor.stack, owner: actor.owner, since: now.toISOString(), flip: connector };
  const mayTake = (one: SiteWindow): boolean => (one.flip === connector && one.stack === actor.stack) || isLeft(organization, one, actor);
  if (seen.length > 0 && seen.every(mayTake)) await writeJson(organization, path(site), window);
  else if (seen.length > 0 || !(await createJson(organization, path(site), window))) {
    // A window that is the Edge's own rotation is none for a flip: transport is started at its end.
    const windows = (seen.length > 0 ? seen : await readSiteWindows(organization, site)).map((one) => ({ ...one, flip: one.flip ?? "" }));
    const refusal = whyNot({ edge, site, stack: actor.stack, now, windows, ...ONE });
    if (refusal) throw refusal;
  }
  flipping.add(flipKey(organization, site));
}

/** The flip goes on to the next Edge. */
export async function moveFlipWindow(organization: Shell, site: string, edge: string): Promise<void> {
  const [window] = await readSiteWindows(organization, site);
  if (window?.flip !== undefined && window.edge !== edge) await writeJson(organization, path(site), { ...window, edge });
}

/** Closes a flip's own window. */
export async function closeFlipWindow(organization: Shell, site: string, connector: string): Promise<void> {
  const [window] = await readSiteWindows(organization, site);
  if (window?.flip === connector) await removeFile(organization, path(site));
  flipping.delete(flipKey(organization, site));
}

/** What a killed run's flip left: its restarts are owed by the connector, and nothing is out of service. */
function isLeft(organization: Shell, window: SiteWindow, actor: Actor): boolean {
  return window.flip !== undefined && window.stack === actor.stack && !flipping.has(flipKey(organization, window.site));
}

async function timeOf(organization: Shell): Promise<Date> {
  return knownTime(organization) ?? (await hostTime(organization));
}

/** Closes the window of this Edge; another Edge's is left alone. */
export async function closeSiteWindow(organization: Shell, site: string, edge: string): Promise<void> {
  const windows = await readSiteWindows(organization, site);
  const others = windows.filter((one) => one.edge !== edge);
  if (others.length === windows.length) return;
  if (others.length > 0) await writeJson(organization, path(site), recordOf(others));
  else await removeFile(organization, path(site));
  sawSiteWindows(site, others);
}

/** An Edge's own window, of which nobody has written that it failed. */
export const isUnmarked = (window: SiteWindow): boolean => window.flip === undefined && window.failed === undefined;

/** Writes beside an open window that its Edge has failed. */
export async function markFailed(organization: Shell, site: string, edge: string, code: string): Promise<void> {
  const windows = await readSiteWindows(organization, site);
  const isMeant = (one: SiteWindow): boolean => one.edge === edge && isUnmarked(one);
  if (windows.some(isMeant))
    await writeJson(organization, path(site), recordOf(windows.map((one) => (isMeant(one) ? { ...one, failed: code } : one))));
}
