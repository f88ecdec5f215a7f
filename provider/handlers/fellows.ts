/**
 * The other Edges of a fleet of which several may be out of service at once (docs/adr/0027): how many, in which order a run comes to them,
 * and whether they run. Each certificate of such a fleet carries the number in its `lookAhead`, the first one the servers.
 */
import { ExchangeError, isExchangeError } from "../base/errors";
import { fleetName } from "../base/fleet";
import { hasUnknown, type JsonObject } from "../base/json";
import { connectorsOf, sourcesOf } from "../exchange/sendConnectors";
import { equalNames, text, type Shell } from "../exchange/shell";
import { listSubscriptions, sameSite } from "../exchange/subscriptions";
import { transportStatus } from "../exchange/transport";
import { withDeadline } from "../remote/deadline";
import { serverKey, type HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { actorOf, type Actor } from "../rotation/actor";
import { readJournal } from "../rotation/journal";
import { withLease } from "../rotation/leasedShell";
import type { Fellows, Look } from "../rotation/siteEntry";
import type { OtherEdge, Service } from "../rotation/siteRules";
import { isUnmarked, markFailed, windowsOf } from "../rotation/siteWindow";
import type { Ahead } from "./aheadFacts";
import { serverName } from "./outcome";
import { knownPeers, reclaimSite, registerPeers } from "./peers";
import type { Context } from "./types";

/** An Edge that does not say within this time, in ms, whether it runs, counts as one that does not. */
const ANSWER_MS = 10_000;

interface Member {
  limit: number;
  organization: HostConnection;
}
/** `stack|server` → what its certificate's last check made known. */
const members = new Map<string, Member>();
/** The same → its fleet in the order of the program. */
const fleets = new Map<string, readonly HostConnection[]>();
const keyOf = (stack: string, host: HostConnection): string => `${stack}|${serverKey(host)}`;

/** Remembers what checked inputs of a certificate tell of its fleet; a fleet of one window at a time needs none of it. */
export function registerFellow({ owner, host, organization }: JsonObject, { maxUnavailable, servers = [] }: Partial<Ahead>): void {
  if (typeof owner !== "string" || hasUnknown(host ?? null)) return;
  const { stack } = actorOf(owner);
  const key = keyOf(stack, host as unknown as HostConnection);
  members.delete(key);
  if (typeof maxUnavailable !== "number" || maxUnavailable < 2 || hasUnknown(organization ?? null)) return;
  members.set(key, { limit: maxUnavailable, organization: organization as unknown as HostConnection });
  const edges = servers.filter(({ role }) => role === "Edge").map((one) => one.host);
  if (edges.length < 2) return;
  for (const one of edges) fleets.set(keyOf(stack, one), edges);
  registerPeers({ owner, peers: edges as unknown as JsonObject[] });
}

export interface Fellow {
  ctx: Context;
  actor: Actor;
  organization: HostSession;
  /** The Edge: its connection, and its name. */
  host: HostConnection;
  edge: string;
}

export function fellowsOf(fellow: Fellow): Fellows {
  const { ctx, actor, organization, host, edge } = fellow;
  const key = keyOf(actor.stack, host);
  const order = (fleets.get(key) ?? []).map((one) => fleetName(serverName(one)));
  const place = (name: string): number => order.indexOf(name.toUpperCase());
  return {
    limit: members.get(key)?.limit ?? 1,
    reclaim: reclaimSite(ctx, actor, organization),
    comesBefore: (other) => place(other) >= 0 && place(other) < place(edge),
    connect: (site) => connect(fellow, site),
  };
}

/** One of the stack's Edges, where it could be reached. */
interface Reached {
  declared: string;
  session: HostSession | null;
}

async function connect({ ctx, actor, edge }: Fellow, site: string): Promise<Look> {
  const reached = await Promise.all(
    knownPeers(actor.stack).map(async (host): Promise<Reached> => ({ declared: serverName(host), session: await reach(ctx, host) })),
  );
  return async (organization, windows) => {
    const isOut = (name: string): boolean => windows.some((one) => equalNames(one.edge, name));
    const [subscriptions, shared] = await Promise.all([listSubscriptions(organization), connectorsOf(organization, edge)]);
    const names = subscriptions
      .filter((one) => sameSite(one.site, site) && !equalNames(one.name, edge) && !isOut(one.name))
      .map(({ name }) => name);
    const answers = new Map<string, Promise<Service>>();
    const ask = (name: string): Promise<Service> => {
      const key = name.toUpperCase();
      const known = answers.get(key) ?? serviceOf(ctx, reached, organization, name);
      answers.set(key, known);
      return known;
    };
    const strangers = reached.flatMap(({ session }) => (session && !subscriptions.some(is(session)) ? [session] : []));
    const [others, left] = await Promise.all([
      Promise.all(names.map(async (name) => ({ edge: name, service: await ask(name) }))),
      Promise.all(strangers.filter(({ facts: { name } }) => !equalNames(name, edge) && !isOut(name)).map((one) => leftWithout(one, site))),
    ]);
    const connectors = await Promise.all(
      shared.map(async (bag) => {
        const servers = sourcesOf(bag).filter((server) => !equalNames(server, edge));
        const runs = async (server: string): Promise<boolean> => !isOut(server) && (await ask(server)) === "runs";
        return {
          connector: text(bag.Name),
          others: await Promise.all(servers.map(async (server) => ({ server, runs: await runs(server) }))),
        };
      }),
    );
    return { others: [...others, ...left.flat()], connectors };
  };
}

const is =
  ({ facts }: HostSession) =>
  ({ name }: { name: string }): boolean =>
    equalNames(name, facts.name);

/** With `recreate` an abandoned Edge may have no subscription any more; that it is one of the site, its journal alone still knows. */
async function leftWithout(session: HostSession, site: string): Promise<OtherEdge[]> {
  if (session.facts.role !== "Edge") return [];
  const { name } = session.facts;
  const journal = await withDeadline(readJournal(session), ANSWER_MS, () => noAnswer(name)).catch((error: unknown) => {
    if (!isExchangeError(error)) throw error;
    return null;
  });
  return journal?.open && journal.site !== null && sameSite(journal.site, site) ? [{ edge: name, service: "abandoned" }] : [];
}

async function reach(ctx: Context, host: HostConnection): Promise<HostSession | null> {
  try {
    return await ctx.session(host, { preferRegistered: true });
  } catch (error) {
    if (!isExchangeError(error)) throw error;
    return null;
  }
}

const noAnswer = (name: string): ExchangeError => new ExchangeError("CALL_TIMEOUT", `${name} does not answer.`);

/** What is not certain counts as a server that does not run. */
async function serviceOf(ctx: Context, reached: readonly Reached[], organization: Shell, name: string): Promise<Service> {
  const isOrganization = equalNames(organization.facts.name, name);
  const session = isOrganization ? organization : reached.find((one) => one.session && equalNames(one.session.facts.name, name))?.session;
  if (!session) return reached.some(({ declared }) => equalNames(declared, name)) ? "unreachable" : "unknown";
  try {
    const asked = Promise.all([transportStatus(session), isOrganization ? null : readJournal(session)]);
    const [{ status }, journal] = await withDeadline(asked, ANSWER_MS, () => noAnswer(name));
    if (journal?.open) return "abandoned";
    return status === "Running" ? "runs" : "stopped";
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (!isExchangeError(error)) throw error;
    return "unreachable";
  }
}

/** Failures that say that somebody else is at work on the Edge. */
const OF_OTHERS: readonly string[] = ["LEASE_HELD", "LEASE_LOST", "FENCED", "ROTATION_OPEN", "EDGE_WINDOW_BUSY"];

/**
 * An Edge that failed out of service is marked in its site's record, so that no other one follows it, of this stack or of another. A
 * record that cannot be written changes nothing: this run begins no other one, and the next one meets the open rotation.
 */
export async function recordFailure(ctx: Context, { owner, host, edge }: JsonObject, code: string): Promise<void> {
  const actor = actorOf(String(owner));
  const connection = (edge ?? host) as unknown as HostConnection;
  const member = members.get(keyOf(actor.stack, connection));
  if (!member || OF_OTHERS.includes(code)) return;
  try {
    const organization = await ctx.session(member.organization);
    const all = await windowsOf(organization, fleetName(serverName(connection)));
    const own = all.filter((one) => one.stack === actor.stack && isUnmarked(one));
    if (own.length === 0) return;
    await withLease(
      organization,
      actor,
      async (leased) => {
        for (const one of own) await markFailed(leased, one.site, one.edge, code);
      },
      ctx.signal,
    );
  } catch (error) {
    if (!isExchangeError(error) && !ctx.signal.aborted) throw error;
  }
}
