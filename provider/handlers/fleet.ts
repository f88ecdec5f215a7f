/** Tells base/fleet.ts what a run declares, begins and ends on the Edges, and prints what it makes of that. */
import { rotationOf } from "../base/edges";
import { asExchangeError } from "../base/errors";
import { beginEdge, declareFleet, edgeFailed, edgeIsDone, edgeIsOut, isNoEdge, wantsCertificate, working } from "../base/fleet";
import { UNKNOWN, type JsonObject } from "../base/json";
import type { Ahead } from "./aheadFacts";
import { recordFailure } from "./fellows";
import { serverName } from "./outcome";
import type { Context, Handler } from "./types";

/** `last`: with it an Edge is done, if no rotation is open on it then. */
interface Place {
  last(args: JsonObject): boolean;
}
/** By class: a certificate that holds its Edge out of service leaves the end to a TransportService. */
const PLACES = {
  Certificate: { last: ({ drain }) => drain !== "hold" },
  ReceiveConnectorTls: { last: () => false },
  EdgeSubscription: { last: () => false },
  TransportService: { last: () => true },
} satisfies Record<string, Place>;

export function inFleet(kind: keyof typeof PLACES, handler: Handler): Handler {
  const { last }: Place = PLACES[kind];
  const nameOf = ({ edge, host }: JsonObject): string => serverName(edge ?? host);
  const passed = (ctx: Context, args: JsonObject): void => {
    if (last(args) && !rotationOf(nameOf(args))) say(ctx, nameOf(args), edgeIsDone(nameOf(args), performance.now()));
  };
  const carryOut = async <T>(ctx: Context, args: JsonObject, work: () => Promise<T>): Promise<T> => {
    const name = nameOf(args);
    beginEdge(name);
    if (rotationOf(name)?.isOut) say(ctx, name, edgeIsOut(name, false, performance.now()));
    const end = working(name, () => performance.now());
    try {
      const result = await work();
      passed(ctx, args);
      return result;
    } catch (error) {
      const code = codeOf(error);
      edgeFailed(name, code);
      await recordFailure(ctx, args, code);
      throw error;
    } finally {
      end();
    }
  };
  return {
    ...handler,
    check: async (ctx, olds, news) => {
      const result = await handler.check(ctx, olds, news);
      if (result.failures.length === 0) declare(result.inputs);
      return result;
    },
    diff: async (ctx, id, olds, news) => {
      const result = await handler.diff(ctx, id, olds, news);
      if (result.changes === false) passed(ctx, news);
      return result;
    },
    create: (ctx, inputs) => carryOut(ctx, inputs, () => handler.create(ctx, inputs)),
    update: (ctx, id, olds, news) => carryOut(ctx, news, () => handler.update(ctx, id, olds, news)),
  };
}

/** A failure that keeps something in state carries its code in its first reason. */
function codeOf(error: unknown): string {
  return /\[([A-Z][A-Z0-9_]+)\]/.exec(error instanceof Error ? error.message : "")?.[1] ?? asExchangeError(error).code;
}

function say(ctx: Context, name: string, line: string | null): void {
  if (line !== null) ctx.note(`[${name}] ${line}`);
}

/** Where an Edge has no name yet, nobody can say which ones there are. */
function declare({ host, organization, peers, lookAhead, thumbprint }: JsonObject): void {
  if (typeof thumbprint === "string" && thumbprint !== UNKNOWN) wantsCertificate(thumbprint);
  const ahead = (lookAhead ?? {}) as unknown as Partial<Ahead>;
  const servers = (role: string): unknown[] => (ahead.servers ?? []).filter((one) => one.role === role).map((one) => one.host);
  for (const one of [organization, ...servers("Mailbox")].filter(isNamed)) isNoEdge(serverName(one));
  const others = [...listed(peers), ...listed(ahead.peers)];
  const all = [...servers("Edge"), ...others, ...(others.length > 0 ? [host] : [])];
  if (all.length > 1 && all.every(isNamed)) declareFleet(all.map(serverName));
}

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

function isNamed(one: unknown): boolean {
  const { host, name } = (one ?? {}) as JsonObject;
  return [name, host].some((text) => typeof text === "string" && text !== "" && text !== UNKNOWN);
}
