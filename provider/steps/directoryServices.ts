/** `directory-services`: what ran before the window runs again, before anything else is asked of Exchange. */
import type { Shell } from "../exchange/shell";
import { missingServices } from "../rotation/directoryServices";
import type { Step } from "../rotation/engine";
import type { Journal } from "../rotation/journal";

export function directoryStep(edge: Shell, journal: Journal): Step {
  const missing = (): Promise<string[]> => missingServices(edge, journal.state?.old.services ?? {});
  return {
    id: "directory-services",
    text: "start AD LDS and its dependants that a cut restart left stopped",
    probe: async () => (await missing()).length === 0,
    run: async () => {
      for (const name of await missing()) await edge.request("service.start", { name });
    },
  };
}
