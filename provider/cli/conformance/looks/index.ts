/** All looks at all hosts. A kind of look that fails is noted and keeps no other one back. */
import { briefly } from "../../exit";
import { timed, type Lookout, type Server } from "../servers";
import { lookAtEvents } from "./events";
import type { Look } from "./look";
import { lookAtCmdlets, lookAtServices } from "./presence";
import { lookAtShapes } from "./shapes";

export type { Look } from "./look";

const KINDS: { [what: string]: (server: Server) => Promise<Look[]> } = {
  services: lookAtServices,
  "cmdlets and parameters that read": lookAtCmdlets,
  "forms of objects": lookAtShapes,
  "forms of events": lookAtEvents,
};

export async function lookAround(lookout: Lookout): Promise<Look[]> {
  const looks: Look[] = [];
  for (const server of lookout.servers)
    for (const [what, look] of Object.entries(KINDS)) {
      const found = await timed(lookout.timings, server.name, `looking at ${what}`, () => look(server)).catch((error: unknown): Look[] => [
        { host: server.name, what, expected: "can be looked at", seen: briefly(error) },
      ]);
      looks.push(...found);
    }
  return looks;
}
