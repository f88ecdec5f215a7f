/**
 * The other Edges of a stack, and how one of them that an earlier run left out of service is taken back before another leaves
 * service (docs/adr/0009-the-way-back-of-a-fleet.md). Their connections are known only in the process that checked the program.
 */
import { isExchangeError } from "../base/errors";
import { hasUnknown, type JsonObject } from "../base/json";
import { equalNames } from "../exchange/shell";
import { serverKey, type HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { isLeaseKept, withLease } from "../rotation/leasedShell";
import { readJournal } from "../rotation/journal";
import { readSnapshot, removeSnapshot } from "../rotation/snapshot";
import { closeSiteWindow, type SiteWindow } from "../rotation/siteWindow";
import { actorOf, type Actor } from "../rotation/actor";
import { serverName } from "./outcome";
import { takeBack } from "../steps/wayBack";
import type { Context } from "./types";

/** Stack → server → connection. */
const known = new Map<string, Map<string, HostConnection>>();

/** Remembers the peers of checked inputs; what is still unknown is passed over. */
export function registerPeers({ owner, peers }: JsonObject): void {
  if (typeof owner !== "string" || !Array.isArray(peers)) return;
  const { stack } = actorOf(owner);
  const hosts = known.get(stack) ?? new Map<string, HostConnection>();
  for (const one of peers as unknown as HostConnection[]) {
    if (!hasUnknown(one)) hosts.set(serverKey(one), one);
  }
  known.set(stack, hosts);
}

/** Connections of a stack's Edges. */
export function knownPeers(stack: string): HostConnection[] {
  return [...(known.get(stack)?.values() ?? [])];
}

/** A refresh reads every Edge of the stack before any of them leaves service: then they are peers without being declared so. */
export function registerPeer(owner: unknown, host: HostConnection): void {
  registerPeers({ owner: owner as string, peers: [host] as unknown as JsonObject[] });
}

/**
 * Frees a site that an Edge of this very stack keeps busy, where that Edge is known here, no living run works on it, and its
 * journal is this stack's. Whatever else is the case, nothing is changed and the window stays as it is: an Edge that this very run has out
 * of service is its own resources' business.
 * @throws LEASE_HELD, and whatever taking the Edge back may fail with
 */
export function reclaimSite(ctx: Context, actor: Actor, organization: HostSession): (window: SiteWindow) => Promise<void> {
  return async (window) => {
    const peer = await findPeer(ctx, actor, window.edge);
    if (!peer || isLeaseKept(peer.session)) return;
    const { session, host } = peer;
    const state = await readJournal(session);
    if (!state?.open) return clearLeftover({ session, organization, actor, window, signal: ctx.signal });
    if (state.stack !== actor.stack || !sameServer(state.organization, organization)) return;
    const begins = (): boolean => {
      // Beside us its own resource may have gone on with it while its lease was waited for.
      if (isLeaseKept(session)) return false;
      ctx.note(`[${window.edge}] ${window.edge} was left out of service by ${window.owner} at ${window.since}: it is taken back first`);
      return true;
    };
    for (const line of await takeBack({ ctx, host, session, organization, actor }, begins)) ctx.note(`[${window.edge}] ${line}`);
  };
}

function sameServer(fqdn: string | null, session: HostSession): boolean {
  return fqdn !== null && equalNames(fqdn, session.facts.fqdn);
}

/** The likely one first: only a server itself can tell its name. */
async function findPeer(ctx: Context, actor: Actor, edge: string): Promise<{ session: HostSession; host: HostConnection } | null> {
  const all = knownPeers(actor.stack);
  const likely = all.filter((host) => equalNames(serverName(host), edge));
  for (const host of [...likely, ...all.filter((one) => !likely.includes(one))]) {
    const session = await reachable(ctx, host);
    if (session && equalNames(session.facts.name, edge)) return { session, host };
  }
  return null;
}

async function reachable(ctx: Context, host: HostConnection): Promise<HostSession | null> {
  try {
    return await ctx.session(host, { preferRegistered: true });
  } catch (error) {
    if (!isExchangeError(error)) throw error;
    ctx.warn(`${serverName(host)} may have been left out of service and cannot be asked: ${error.message}`);
    return null;
  }
}

interface Leftover {
  session: HostSession;
  organization: HostSession;
  actor: Actor;
  window: SiteWindow;
  signal: AbortSignal;
}

/** A crash between the window and its journal, or between the end of both: the Edge itself has nothing open. */
async function clearLeftover({ session, organization, actor, window, signal }: Leftover): Promise<void> {
  await withLease(
    session,
    actor,
    async (leased) => {
      if ((await readJournal(leased))?.open) return;
      await withLease(organization, actor, (own) => clear(own, window), signal);
    },
    signal,
  );
}

async function clear(organization: Parameters<typeof closeSiteWindow>[0], { site, edge }: SiteWindow): Promise<void> {
  await closeSiteWindow(organization, site, edge);
  if (await readSnapshot(organization, edge)) await removeSnapshot(organization, edge);
}
