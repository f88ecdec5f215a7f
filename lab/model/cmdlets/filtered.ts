/** `-Identity` of Get- cmdlets. */
import type { Call } from "./binding";
import { notFound } from "./errors";

/** Objects that `-Identity` means; an unknown one by the toggle. // [PS:Get-SendConnector] */
export function filtered<T>(
  call: Call,
  all: T[],
  fits: (item: T, wanted: string) => boolean,
  identity = call.values.Identity as string | null | undefined,
): T[] {
  if (!identity) return all;
  const found = all.filter((item) => fits(item, identity.toLowerCase()));
  if (found.length > 0) return found;
  if (call.lab.world.toggles.getWrongIdentity === "all") return all;
  throw notFound(call.cmdlet, identity);
}
