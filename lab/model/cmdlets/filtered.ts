/** `-Identity` of Get- cmdlets. */
import type { Call } from "./binding";
import { notFound } from "./errors";

/**
 * Objects that `-Identity` means by one of their names; an unknown one by the toggle. // [PS:Get-SendConnector]
 * With `*` every object that fits, or none: a pattern is never unknown.
 */
export function filtered<T>(
  call: Call,
  all: T[],
  names: (item: T) => unknown[],
  identity = call.values.Identity as string | null | undefined,
): T[] {
  if (!identity) return all;
  const wanted = pattern(identity);
  const found = all.filter((item) => names(item).some((name) => wanted.test(String(name))));
  if (found.length > 0 || identity.includes("*")) return found;
  if (call.lab.world.toggles.getWrongIdentity === "all") return all;
  throw notFound(call.cmdlet, identity);
}

/** Case does not count; `*` is any text. */
export function pattern(text: string): RegExp {
  const parts = text.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "is");
}
