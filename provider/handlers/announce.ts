/**
 * A plain preview shows no values, so `diff` prints each pending sentence; a new resource has no `diff`, and its sentence is
 * what an administrator wants to read most. The second `check` of a replacement comes with empty olds too (pulumi.md 0.1):
 * what was printed in this process is not printed again. Only what is printed counts the days: as an input a count would
 * change overnight, and a saved plan with it.
 */
import { knowEdge } from "../base/edges";
import { hasUnknown, UNKNOWN, type JsonObject } from "../base/json";
import { isWatched } from "../base/progress";
import { counted } from "../rotation/reasons";
import { serverName, tellOutage, tellRename } from "./outcome";
import type { Context, Handler } from "./types";

const said = new Set<string>();
/** Servers whose certificate this run has changed, or tried to. */
const underWay = new Set<string>();

/** A handler whose sentences are printed. A follower's belong to the rotation of its server's certificate. */
export function announcing(handler: Handler, { follows = false } = {}): Handler {
  const checked = new Map<unknown, JsonObject>();
  const begin = ({ host }: JsonObject): void => {
    if (!follows) underWay.add(serverName(host));
  };
  return {
    ...handler,
    check: async (ctx, olds, news) => {
      knowEdges(news);
      const result = await handler.check(ctx, olds, news);
      checked.set(news.owner, result.inputs);
      if (result.failures.length === 0 && Object.keys(olds).length === 0) announce(ctx, result.inputs);
      return result;
    },
    diff: (ctx, id, olds, news) => {
      tellOutage(ctx, olds);
      tellRename(ctx, olds, news);
      if (isSupposed(news, checked.get(news.owner))) return handler.diff({ ...ctx, note: () => undefined }, id, olds, news);
      const quiet = follows && isStepOf(news) ? `[${serverName(news.host ?? news.edge)}] ${String(news.rotation)}` : null;
      return handler.diff(speaking(ctx, [olds.notAfter, news.notAfter], quiet), id, olds, news);
    },
    create: (ctx, inputs) => (begin(inputs), handler.create(ctx, inputs)),
    update: (ctx, id, olds, news) => (begin(news), handler.update(ctx, id, olds, news)),
  };
}

/**
 * Before a delete that goes first (`deleteBeforeReplace`, `destroy --target`) the engine asks what would become of those that depend on it: a
 * `diff` of what lies in state, with unknown values that no `check` has seen (pulumi.md 1.4). Nothing of that is pending.
 */
function isSupposed(news: JsonObject, checked: JsonObject = {}): boolean {
  return Object.entries(news).some(([name, value]) => hasUnknown(value) && !hasUnknown(checked[name]));
}

/** Edges that the program names: a failure has to say through which of them mail goes. */
function knowEdges({ edge, host, organization, peers, site }: JsonObject): void {
  const declared = [edge, ...(organization === undefined || edge !== undefined ? [] : [host]), ...(Array.isArray(peers) ? peers : [])];
  for (const one of declared) {
    const name = serverName(one);
    if (/^[A-Z][\w-]*$/.test(name)) knowEdge(name, one === edge && typeof site === "string" && site !== UNKNOWN ? site : undefined);
  }
}

/** Where nobody watches, a rotation under way needs no announcement of its next part: the lines of its steps follow at once. */
function isStepOf({ host, edge }: JsonObject): boolean {
  return !isWatched() && underWay.has(serverName(host ?? edge));
}

function announce(ctx: Context, { rotation, host, edge, notAfter }: JsonObject): void {
  if (typeof rotation !== "string") return;
  const line = `[${serverName(host ?? edge)}] ${rotation}`;
  if (!said.has(line)) speaking(ctx, [notAfter], null).note(line);
}

/** Remembers each sentence as the input has it, and prints it with the days until its `ends`; `quiet` is left out. */
function speaking(ctx: Context, ends: readonly unknown[], quiet: string | null): Context {
  return {
    ...ctx,
    note: (line) => {
      said.add(line);
      if (line !== quiet) ctx.note(counted(line, ends, ctx.now));
    },
  };
}
