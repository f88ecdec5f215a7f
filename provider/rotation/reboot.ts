/**
 * A restart of the machine inside a drained window: Windows starts transport by itself, minutes after the first logon is possible.
 * Nothing may be changed before that has happened and transport is stopped again (rotation.md 13).
 */
import { withProgress } from "../base/progress";
import type { Shell } from "../exchange/shell";
import { TRANSPORT, transportStatus } from "../exchange/transport";
import type { HostFacts } from "../remote/protocol";
import { pause } from "../remote/readings";

/** Two readings of one boot may differ by this much, in ms: some builds compute it from the clock. */
const SAME_BOOT_MS = 60_000;
/** So long after its boot a host still starts services by itself, in ms. */
export const BOOT_SETTLES_MS = 600_000;

/** Whether the host was restarted after the drain that was made under the boot `drainedBoot` (null: nothing was drained). */
export function restartedSince(drainedBoot: string | null, facts: Pick<HostFacts, "boot">): boolean {
  if (drainedBoot === null) return false;
  return Math.abs(new Date(facts.boot).getTime() - new Date(drainedBoot).getTime()) > SAME_BOOT_MS;
}

/** Whether a host with these facts may still be about to start its services. */
export function isSettling({ boot, utc }: Pick<HostFacts, "boot" | "utc">): boolean {
  return new Date(utc).getTime() - new Date(boot).getTime() < BOOT_SETTLES_MS;
}

/** Waits until Windows has started transport, or until it will not do so any more. Changes nothing. */
export async function awaitAutomaticStart(edge: Shell, signal: AbortSignal, pauseMs = 1_000): Promise<void> {
  const { name, boot } = edge.facts;
  const due = async (): Promise<boolean> => {
    const { status, startType } = await transportStatus(edge);
    return (status === "Stopped" || status === "StartPending") && startType === "Automatic" && isSettling(await edge.request("hello", {}));
  };
  if (!(await due())) return;
  await withProgress(
    `[${name}] restarted at ${boot} inside the drained window: waiting until Windows has started ${TRANSPORT}`,
    async () => {
      while (await due()) await pause(pauseMs, signal);
    },
  );
}
