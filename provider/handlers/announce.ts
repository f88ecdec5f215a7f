/**
 * A plain preview shows no values, so `diff` prints each pending sentence; a new resource has no `diff`, and its sentence is
 * what an administrator wants to read most. The second `check` of a replacement comes with empty olds too (pulumi.md 0.1):
 * what was printed in this process is not printed again.
 */
import type { JsonObject } from "../base/json";
import { serverName } from "./outcome";
import type { Context, Handler } from "./types";

const said = new Set<string>();

export function announcing(handler: Handler): Handler {
  return {
    ...handler,
    check: async (ctx, olds, news) => {
      const result = await handler.check(ctx, olds, news);
      if (result.failures.length === 0 && Object.keys(olds).length === 0) announce(ctx, result.inputs);
      return result;
    },
    diff: (ctx, id, olds, news) => handler.diff(remembering(ctx), id, olds, news),
  };
}

function announce(ctx: Context, { rotation, host, edge }: JsonObject): void {
  if (typeof rotation !== "string") return;
  const line = `[${serverName(host ?? edge)}] ${rotation}`;
  if (!said.has(line)) remembering(ctx).note(line);
}

function remembering(ctx: Context): Context {
  return {
    ...ctx,
    note: (line) => {
      said.add(line);
      ctx.note(line);
    },
  };
}
