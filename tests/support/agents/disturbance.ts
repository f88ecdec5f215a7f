/** Ends what carries a change out, at the change that a number names: the connection, the agent's PowerShell, or the far end of remoting. */
import type { StageDoor } from "../../../lab/powershell/door";
import { cutConnection, kill } from "../../../lab/powershell/processes";

export type Kind = "connection cut" | "PowerShell killed" | "far end killed";
export const KINDS: readonly Kind[] = ["connection cut", "PowerShell killed", "far end killed"];

export interface Disturbance {
  kind: Kind;
  /**
   * Counts changes of Exchange from 1, of the far end those on Mailbox servers: before, those that are begun; after, those that were carried
   * out, since one that is refused has no "after".
   */
  at: number;
  when: "before" | "after";
}

/** Arms a stage with disturbances that each hit once, counted over all runs; the result grows: what hit, and where. */
export function disturb(door: StageDoor, list: readonly Disturbance[]): string[] {
  const hits: string[] = [];
  const armed = list.map((one) => ({ ...one, count: 0 }));
  door.watch = (call, moment) => {
    if (!call.mutating) return;
    const far = call.pid !== call.agent;
    for (const one of armed.filter(({ kind }) => far || kind !== "far end killed")) {
      if (moment !== one.when || ++one.count !== one.at) continue;
      hits.push(`${one.kind} ${one.when} ${call.host}:${call.cmdlet}`);
      if (one.kind === "connection cut") cutConnection(call.agent);
      else kill(one.kind === "far end killed" ? call.pid : call.agent);
    }
  };
  return hits;
}
