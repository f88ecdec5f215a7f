/** Two runs at once: who won, and whether the loser kept its hands off. */
import type { Violation } from "./violations";
import type { RunResult } from "./engine";
import type { Provider } from "./provider";

export interface Rival {
  result: RunResult;
  /** Calls of it that change something. */
  changed: string[];
  /** It works on other Edges: these. */
  elsewhere: boolean;
  edges: string[];
}

/** How the loser of a race says so; its first look fails while the winner restarts AD LDS and what depends on it. */
const LOSES = ["LEASE_HELD", "ROTATION_OPEN", "EDGE_WINDOW_BUSY", "OBJECT_CLAIMED"];

export const changesOf = ({ requests }: Provider): string[] =>
  requests.filter(({ mutating }) => mutating).map(({ host, call }) => `${host} ${call}`);
export const codeOf = (result: RunResult): string => /\[([A-Z_]+)\]/.exec(result.error?.message ?? "")?.[1] ?? "none";

/**
 * One winner; who finds the goal reached, and who loses, has changed nothing. Who has brought the Edge back into service has given
 * up its lease; what is left for it then (the old certificate's delete) may find the other one at work, and waits for the next run.
 */
export function judgeRace(first: Rival, second: Rival): Violation[] {
  const found: Violation[] = [];
  const both = [first, second];
  const losers = both.filter(({ result }) => !result.ok);
  if (losers.length === 2) found.push({ invariant: "I7", text: "nobody won the race" });
  if (losers.length === 0 && !second.elsewhere && both.every(({ changed }) => changed.length > 0))
    found.push({ invariant: "I7", text: `both changed things: ${second.changed.join(", ")}` });
  for (const { result, changed } of losers) {
    const isBack = changed.at(-1) === "EDGE01 service.start" && codeOf(result) === "LEASE_HELD";
    if (changed.length > 0 && !isBack)
      found.push({ invariant: "I7", text: `the loser (${codeOf(result)}) had changed things: ${changed.join(", ")}` });
    if (!LOSES.includes(codeOf(result))) found.push({ invariant: "I9", text: `the loser ended with ${result.error!.message}` });
  }
  return found;
}
