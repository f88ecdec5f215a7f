/**
 * What the program of this run declares. The engine checks every resource that is declared, and deletes last (pulumi.md). A destroy declares
 * none: there nothing counts as replaced, whichever of an old object and its successor is deleted first.
 */
import type { Handler } from "./types";

/** Owners, as claims name them. */
const owners = new Set<string>();

export const isDeclared = (owner: string): boolean => owners.has(owner);

/** The same handler, whose `check` makes the resource known as declared. */
export function declaring(handler: Handler): Handler {
  return {
    ...handler,
    check: (ctx, olds, news) => {
      if (typeof news.owner === "string") owners.add(news.owner);
      return handler.check(ctx, olds, news);
    },
  };
}
