/**
 * An Edge asks for its site's window. One that is alone in its fleet is refused while another Edge is out of service; where several may be
 * out at once (docs/adr/0027) it waits for those that this very run has out, because its failure would leave them out of service.
 */
import { asExchangeError, isExchangeError, type ExchangeError } from "../base/errors";
import { edgeFailed, failedBeside, nextMove, quietFor, waitsForSite } from "../base/fleet";
import { withProgress } from "../base/progress";
import { pause } from "../remote/readings";
import type { Shell } from "../exchange/shell";
import { timesClosed } from "../remote/sessions";
import type { Actor } from "./actor";
import { keptHosts, withLease, type LeasedShell } from "./leasedShell";
import type { Surroundings } from "./siteRules";
import { closeSiteWindow, openSiteWindow, readSiteWindows, type SiteWindow } from "./siteWindow";

/** The other Edges of a site, as far as a stack knows them. */
export interface Fellows {
  /** How many Edges of the site may be out of service at once. */
  readonly limit: number;
  /** Takes back another Edge of this stack that an earlier run left out of service, where it can. */
  reclaim(window: SiteWindow): Promise<void>;
  /** Whether this run comes to that Edge without this one's doing: it then goes on with what was left there itself. */
  comesBefore(edge: string): boolean;
  /** Connects to the others; what was found is asked under the organisation's lease, which must not wait for a dead server. */
  connect(site: string): Promise<Look>;
}
/** Asks which of the site's other Edges run, and through what else the Edge's connectors send. */
export type Look = (organization: LeasedShell, windows: readonly SiteWindow[]) => Promise<Surroundings>;

export interface Entry {
  edge: string;
  site: string;
  organization: Shell;
  actor: Actor;
  fellows?: Fellows;
  signal: AbortSignal;
}

/** So long nobody of this run has been at work on any other Edge, in ms: what is waited for will not come by itself. */
export const QUIET_MS = 120_000;
/** What this run does not do itself, an operator's start or another stack's end, is looked at so often, in ms. */
const LOOK_MS = 15_000;

const NOTHING: Surroundings = { others: [], connectors: [] };

/** Windows that this process has opened: `host|EDGE` → the run that did. */
const entered = new Map<string, number>();
const keyOf = ({ organization }: Entry, edge: string): string => `${organization.facts.fqdn.toLowerCase()}|${edge.toUpperCase()}`;

/**
 * Opens the window, and does what belongs to it under the same lease. True where it had to wait: what was seen before may be different now.
 * @throws EDGE_WINDOW_BUSY, and what `also` does, with no window left
 */
export async function enterSite(entry: Entry, also: (leased: LeasedShell) => Promise<void> = () => Promise.resolve()): Promise<boolean> {
  const { edge, signal } = entry;
  const begun = performance.now();
  let state = await tryAndLook(entry, also);
  if (state === null) return false;
  if (!state.mayChange) throw state.refusal;
  const text = `wait for its turn: ${state.refusal.sentence.replace(/^[^:]*: /, "").replace(/\.$/, "")}`;
  waitsForSite(edge, true);
  try {
    await withProgress(`[${edge}] ${text}`, async () => {
      for (;;) {
        await somethingMoves(signal);
        state = await tryAndLook(entry, also);
        if (state === null) return;
        const now = performance.now();
        if (!state.mayChange || Math.min(quietFor(edge, now), now - begun) >= QUIET_MS) throw state.refusal;
      }
    });
    return true;
  } finally {
    waitsForSite(edge, false);
  }
}

/**
 * Null once the window is open; else what refuses it, and whether this run itself will change that. Twice where it will not: a window
 * may have closed since.
 */
async function tryAndLook(entry: Entry, also: (leased: LeasedShell) => Promise<void>) {
  const first = await tryEnter(entry, also);
  if (first === null) return null;
  if (await mayChange(entry)) return { refusal: first, mayChange: true };
  const refusal = await tryEnter(entry, also);
  return refusal === null ? null : { refusal, mayChange: await mayChange(entry) };
}

/** A change in this process, or the time to look again. */
async function somethingMoves(signal: AbortSignal): Promise<void> {
  const moved = new AbortController();
  const move = nextMove().then(() => moved.abort());
  await pause(LOOK_MS, AbortSignal.any([signal, moved.signal])).catch(() => undefined);
  signal.throwIfAborted();
  void move;
}

/** Null once the window is open; else why it is not. */
async function tryEnter(entry: Entry, also: (leased: LeasedShell) => Promise<void>): Promise<ExchangeError | null> {
  const { organization, actor, site, edge, fellows, signal } = entry;
  await takeBackLeft(entry);
  const isWide = fellows !== undefined && fellows.limit > 1;
  const busy = isWide && (await readSiteWindows(organization, site)).some((one) => one.edge !== edge);
  const look = busy ? await fellows.connect(site) : null;
  let isStale = false;
  const open = async (leased: LeasedShell): Promise<void> => {
    if (!isWide) await openSiteWindow(leased, site, edge, actor);
    else {
      await openSiteWindow(leased, site, edge, actor, async (windows) => {
        isStale = windows.length > 0 && look === null;
        const around = windows.length > 0 && look ? await look(leased, windows) : NOTHING;
        return { limit: fellows.limit, failed: failedBeside(edge), ...around };
      });
      entered.set(keyOf(entry, edge), timesClosed());
    }
    await also(leased);
  };
  try {
    // Where it ended here, the engine would leave its fellows where they are: out of service.
    await withLease(organization, actor, open, signal, { patient: isWide });
    return null;
  } catch (error) {
    // A window that was opened since we looked: now the others are looked at, too.
    if (isWide && isExchangeError(error, "EDGE_WINDOW_BUSY")) return isStale ? tryEnter(entry, also) : error;
    // Known before the lease is asked for once more: a fellow that waits for it begins no window that the engine would not end.
    edgeFailed(edge, asExchangeError(error).code);
    if (!isExchangeError(error, "LEASE_HELD")) await leave(entry).catch(() => undefined);
    throw error;
  }
}

/** Before the organisation's lease is taken: bringing another Edge back needs it, too. */
async function takeBackLeft(entry: Entry): Promise<void> {
  const { organization, site, edge, actor, fellows } = entry;
  if (!fellows) return;
  const windows = await readSiteWindows(organization, site);
  for (const window of windows) {
    // A flip has no Edge out of service: what a killed one left is taken over with the window.
    if (window.flip !== undefined || window.edge === edge || window.stack !== actor.stack) continue;
    if (fellows.limit > 1 && (isOfThisRun(entry, window) || fellows.comesBefore(window.edge))) continue;
    await fellows.reclaim(window);
  }
}

function isOfThisRun(entry: Entry, { edge }: SiteWindow): boolean {
  return entered.get(keyOf(entry, edge)) === timesClosed() || keptHosts().includes(edge.toUpperCase());
}

/** Whether this run ends one of the windows itself. */
async function mayChange(entry: Entry): Promise<boolean> {
  const { organization, site, edge, actor, fellows } = entry;
  if (failedBeside(edge)) return false;
  const windows = await readSiteWindows(organization, site);
  const isComing = (one: SiteWindow): boolean => isOfThisRun(entry, one) || fellows!.comesBefore(one.edge);
  return windows.some((one) => one.edge !== edge && one.stack === actor.stack && one.flip === undefined && isComing(one));
}

/** Nothing was begun: a window without a journal would keep the site's other Edges from theirs, and the old program would not see it. */
async function leave({ organization, actor, site, edge }: Entry): Promise<void> {
  await withLease(organization, actor, async (leased) => {
    const own = (await readSiteWindows(leased, site)).find((one) => one.edge === edge);
    if (own?.stack === actor.stack) await closeSiteWindow(leased, site, edge);
  });
}
