/** Events that `doctor` judges by: their levels, and the thumbprint that it reads from their texts (exchange.md 9, 15.3, 15.8). */
import type { EventRecord } from "../../../remote/protocol";
import { eventsOf } from "../read/traces";
import type { Server } from "../servers";
import type { Look } from "./look";

type Expected = readonly [level: EventRecord["level"], thumbprint?: "thumbprint"];

/** 10104 and 1032 are an open point of their own. */
const EVENTS: { [source: string]: { [id: number]: Expected } } = {
  MSExchangeTransport: {
    12013: ["Error", "thumbprint"],
    12014: ["Error"],
    12015: ["Warning", "thumbprint"],
    12016: ["Error", "thumbprint"],
    12017: ["Warning", "thumbprint"],
    12018: ["Error", "thumbprint"],
    12019: ["Information", "thumbprint"],
    12020: ["Information", "thumbprint"],
    12023: ["Warning", "thumbprint"],
    12024: ["Information", "thumbprint"],
    2018: ["Error"],
    1036: ["Error"],
  },
  "MSExchange EdgeSync": { 1024: ["Error"], 1025: ["Error"], 1033: ["Error", "thumbprint"], 1035: ["Error", "thumbprint"] },
  "MSExchange Message Security": { 1005: ["Error"], 1008: ["Information"], 1009: ["Warning"] },
};

const words = (level: string, thumbprint: boolean): string => (thumbprint ? `${level}, names a thumbprint` : level);

/** Events that the log does not have are not looked at. */
export async function lookAtEvents(server: Server): Promise<Look[]> {
  const looks: Look[] = [];
  for (const [source, ids] of Object.entries(EVENTS)) {
    const events = await eventsOf(server, source, Object.keys(ids).map(Number));
    for (const id of [...new Set(events.map((one) => one.id))].sort((a, b) => a - b)) {
      const [level, thumbprint] = ids[id];
      const own = events.filter((one) => one.id === id);
      const forms = own.map((one) => words(one.level, thumbprint !== undefined && /[0-9a-f]{40}/i.test(one.text)));
      looks.push({
        host: server.name,
        what: `event ${id} of ${source}`,
        expected: words(level, thumbprint !== undefined),
        seen: [...new Set(forms)].sort().join(" or "),
      });
    }
  }
  return looks;
}
