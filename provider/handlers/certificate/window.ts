/**
 * The end of a window that has no `TransportService`: certificates that would be taken instead of the declared one go (a predecessor
 * of the same name; on the way back a newer one, DESIGN 3, points 2 and 4), then transport starts.
 */
import { defaultThumbprint } from "../../exchange/certificates";
import { rivalsStep } from "../../rotation/competitors";
import { startStep } from "../../rotation/drain";
import type { Step } from "../../rotation/engine";
import type { Hand } from "../../rotation/hand";
import type { Journal } from "../../rotation/journal";

export interface End {
  steps: Step[];
  /** Whether the predecessor may be gone: then the new certificate must not be taken out again. */
  committed: () => boolean;
}

export function endOfWindow(
  hand: Hand,
  journal: Journal,
  thumbprint: string,
  { smtp, drains, warn }: { smtp: boolean; drains: boolean; warn: (text: string) => void },
): End {
  const { state } = journal;
  const rivals = rivalsStep(hand, thumbprint, () => defaultThumbprint(hand), warn);
  let committed = false;
  const run = async (): Promise<void> => {
    committed = true;
    await rivals.run();
  };
  const drained = drains || state?.resumeOwed === true;
  const out = drained && smtp ? [{ ...rivals, run }] : [];
  const start = state?.old.transport === "Running" ? [startStep(hand, journal)] : [];
  return { steps: [...out, ...start], committed: () => committed };
}
