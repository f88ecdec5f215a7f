/** A process of its own clock: an order in, one line for each case out (made.ts). */
import { faultsOf, played, type Made } from "./made";
import { installVirtualTime } from "./virtualTime";

export interface MadeCase {
  what: string;
  cleanRuns: number | null;
  wrong: string[];
}
export type MadeAnswer = { tried: MadeCase } | { done: true } | { error: string };

installVirtualTime();
const tell = (answer: MadeAnswer): void => void process.send!(answer);

process.on("message", (made: Made) => {
  sweep(made).then(
    () => tell({ done: true }),
    (error: Error) => tell({ error: error.stack ?? error.message }),
  );
});

async function sweep(made: Made): Promise<void> {
  const clean = await played(made, []);
  tell({ tried: { what: "no fault", cleanRuns: clean.cleanRuns, wrong: clean.wrong } });
  for (const [what, fault] of faultsOf(clean.provider)) {
    const { cleanRuns, wrong } = await played(made, [fault]);
    tell({ tried: { what, cleanRuns, wrong } });
  }
}
