/** What the last refresh saw of a certificate that is not as declared, in words. */
import type { JsonObject } from "../../base/json";
import type { Shell } from "../../exchange/shell";
import { readClaims } from "../../rotation/claimFiles";
import { currentOf, holderOf } from "../../rotation/claims";
import { short } from "../../rotation/reasons";
import type { Handler } from "../types";
import { newInChain } from "./words";

export function drifted(olds: JsonObject, news: JsonObject): string | null {
  const name = short(String(news.thumbprint));
  const enabled = Array.isArray(olds.enabledServices) ? olds.enabledServices : [];
  const missing = (Array.isArray(news.services) ? news.services : []).filter((one) => !enabled.includes(one));
  if (missing.length > 0) return `drift: ${missing.join(", ")} no longer enabled for ${name}`;
  if (news.defaultSmtp === "replace" && olds.isDefaultSmtp === false) return `drift: ${name} is no longer the default`;
  const gone = newInChain(olds, news);
  return gone.length > 0 ? `drift: ${gone.map(short).join(", ")} of the chain of ${name} is gone` : null;
}

/**
 * A replacement that broke off leaves the old certificate in state, waiting for its deletion, and a refresh reads it and asks for its
 * diff. That it serves no longer is what was wanted. Only this diff is told: the same certificate may live again in the next run.
 */
const replaced = new Set<string>();
const keyOf = (id: string, { claim }: JsonObject): string => `${id}|${String(claim)}`;

/** After a read that saw drift: whether the owner's present certificate is another one. */
export async function noteReplaced(shell: Shell, id: string, thumbprint: string, props: JsonObject): Promise<void> {
  const book = await readClaims(shell);
  const current = currentOf(book, "certificate", holderOf(book, "certificate", thumbprint, String(props.owner), String(props.claim ?? "")));
  if (current !== null && current !== thumbprint.toUpperCase()) replaced.add(keyOf(id, props));
}

/** The same handler, which says nothing of the diff of a certificate that the read just before found replaced. */
export function quietly(handler: Handler): Handler {
  return {
    ...handler,
    diff: (ctx, id, olds, news) => handler.diff(replaced.delete(keyOf(id, olds)) ? { ...ctx, note: () => undefined } : ctx, id, olds, news),
  };
}
