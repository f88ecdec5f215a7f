/** Ends what carries a change out, at the change that a number names: the connection, the agent's PowerShell, or the far end of remoting. */
import type { StageDoor } from "../../../lab/powershell/door";
import { cutConnection, kill } from "../../../lab/powershell/processes";

export type Kind = "connection cut" | "PowerShell killed" | "far end killed";
export const KINDS: readonly Kind[] = ["connection cut", "PowerShell killed", "far end killed"];

export interface Disturbance {
  kind: Kind;
  /** Counts changes of Exchange from 1; of the far end those on Mailbox servers. */
  at: number;
  when: "before" | "after";
}

/** Arms a stage; returns what happened: where it hit, or undefined. */
export function disturb(door: StageDoor, { kind, at, when }: Disturbance): () => string | undefined {
  let count = 0;
  let hit: string | undefined;
  door.watch = (call, moment) => {
    const far = call.pid !== call.agent;
    if (!call.mutating || (kind === "far end killed" && !far)) return;
    if (moment === "before") count++;
    if (hit !== undefined || count !== at || moment !== when) return;
    hit = `${kind} ${when} ${call.host}:${call.cmdlet}`;
    if (kind === "connection cut") cutConnection(call.agent);
    else kill(kind === "far end killed" ? call.pid : call.agent);
  };
  return () => hit;
}
