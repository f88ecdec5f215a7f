/**
 * What a component knows of the whole rotation, looked at before the first change of a run: whether every server is the one that is
 * meant, whether the site exists, whether a send connector whose name flips last goes through servers that the program does not have.
 *
 * Its first resources carry it (`lookAhead`), and their `check` makes it known in this process; whichever resource then is the first to
 * change something looks. A run that changes nothing contacts nobody.
 */
import { knowEdge } from "../base/edges";
import { isExchangeError } from "../base/errors";
import { edgeWasFinished } from "../base/fleet";
import { hasUnknown, type JsonObject } from "../base/json";
import { actorOf, type Actor } from "../rotation/actor";
import { readJournal } from "../rotation/journal";
import type { StepId } from "../rotation/order";
import type { Ahead, Seen, Server } from "./aheadFacts";
import { STACK_REFUSALS } from "./aheadRefusals";
import { registerFellow } from "./fellows";
import { serverName } from "./outcome";
import { registerPeers } from "./peers";
import { refuseFirst } from "./refusals";
import type { Context, Handler } from "./types";

/** With it a journal's target became the Edge's default. */
const ENABLE = "enable" satisfies StepId;

interface Known {
  ahead: Ahead;
  certificateName?: string;
  looked?: Promise<void>;
}

/** Owner → what its last check made known. */
const known = new Map<string, Known>();

/** The same handler, looking ahead before it creates or updates anything. */
export function lookingAhead(handler: Handler): Handler {
  return {
    ...handler,
    check: async (ctx, olds, news) => {
      const result = await handler.check(ctx, olds, news);
      if (result.failures.length === 0) register(result.inputs);
      return result;
    },
    create: async (ctx, inputs) => {
      await lookAhead(ctx, String(inputs.owner));
      return handler.create(ctx, inputs);
    },
    update: async (ctx, id, olds, news) => {
      await lookAhead(ctx, String(news.owner));
      return handler.update(ctx, id, olds, news);
    },
  };
}

/** Remembers what checked inputs tell; servers that are still unknown are passed over. */
function register({ tlsCertificateName: name, ...inputs }: JsonObject): void {
  const { owner, lookAhead: given } = inputs;
  if (typeof owner !== "string") return;
  known.delete(owner);
  if (typeof given !== "object" || given === null) return;
  const { servers, site, connectors, peers, synchronise, maxUnavailable } = given as unknown as Ahead;
  registerPeers({ owner, peers: (peers ?? null) as unknown as JsonObject[] });
  const ahead: Ahead = {
    servers: (Array.isArray(servers) ? servers : []).filter((one) => !hasUnknown(one)),
    ...(typeof site === "string" && !hasUnknown(site) ? { site } : {}),
    ...(typeof synchronise === "string" && !hasUnknown(synchronise) ? { synchronise } : {}),
    ...(Array.isArray(connectors) ? { connectors: connectors.filter((one) => !hasUnknown(one)) } : {}),
  };
  registerFellow(inputs, { ...ahead, maxUnavailable });
  for (const { host, role } of ahead.servers) if (role === "Edge") knowEdge(serverName(host));
  known.set(owner, { ahead, ...(typeof name === "string" && !hasUnknown(name) ? { certificateName: name } : {}) });
}

/** Everything that this stack has made known, each once a process; a failure is looked at again by whoever comes next. */
async function lookAhead(ctx: Context, owner: string): Promise<void> {
  const actor = actorOf(owner);
  const own = [...known].filter(([name]) => actorOf(name).stack === actor.stack).map(([, one]) => one);
  for (const one of own) {
    one.looked ??= lookAt(ctx, actor, one).catch((error: unknown) => {
      one.looked = undefined;
      throw error;
    });
    await one.looked;
  }
}

async function lookAt(ctx: Context, actor: Actor, { ahead, certificateName }: Known): Promise<void> {
  const { seen, missing } = await openAll(ctx, ahead.servers);
  const windowOpen = await anyOpen(seen, actor);
  for (const { server, error } of missing) {
    if (!windowOpen || !isExchangeError(error)) throw error;
    ctx.warn(`${serverName(server.host)} cannot be looked at before the open rotation goes on: ${error.message}`);
  }
  const organization = seen.find(({ server }) => server.role === "Mailbox")?.session ?? null;
  await refuseFirst(STACK_REFUSALS, { ahead, seen, organization, certificateName, windowOpen });
}

async function openAll(ctx: Context, servers: Server[]): Promise<{ seen: Seen[]; missing: { server: Server; error: unknown }[] }> {
  const all = await Promise.allSettled(servers.map(({ host }) => ctx.session(host)));
  const seen = all.flatMap((one, index) => (one.status === "fulfilled" ? [{ server: servers[index], session: one.value }] : []));
  const missing = all.flatMap((one, index) =>
    one.status === "rejected" ? [{ server: servers[index], error: one.reason as unknown }] : [],
  );
  return { seen, missing };
}

/** The journals also tell which Edges an earlier run has finished: how far the fleet is, before this run comes to them. */
async function anyOpen(seen: Seen[], { stack }: Actor): Promise<boolean> {
  const edges = seen.filter(({ session }) => session.facts.role === "Edge");
  const journals = await Promise.all(edges.map(({ session }) => readJournal(session)));
  for (const [index, journal] of journals.entries()) {
    if (journal?.open === false && journal.target !== null && journal.done.has(ENABLE))
      edgeWasFinished(edges[index].session.facts.name, journal.target);
  }
  return journals.some((one) => one?.open === true && one.stack === stack);
}
