/**
 * Worlds that nobody could tell apart go on once: what is there, what the stack remembers, and what has been done so far decide how
 * clean runs end. The second such case has the first one's end, and counts as a case without a world of its own. A sample is always
 * concluded both ways (1-steps); `npm run faults` concludes every case by itself.
 */
import { createHash } from "node:crypto";
import type { HistoryEntry } from "../../../lab/doors/history";
import type { Outcome } from "./cases";
import type { State } from "./engine";
import type { World } from "./world";

/** How a world ended after its clean runs, and whether one run more was looked at. */
export interface Ending extends Pick<Outcome, "violations" | "cleanRuns" | "errors" | "end"> {
  looked: boolean;
}

/** `npm run faults`. */
export const EACH_ALONE = process.env.FAULTS_RUNS !== undefined;
const endings = new Map<string, Ending>();

let tellOthers: (key: string, ending: Ending) => void = () => undefined;

export const knownEnding = (key: string): Ending | undefined => endings.get(key);
/** Of this process, or as another one tells it. */
export function learnEnding(key: string, ending: Ending): void {
  endings.set(key, ending);
}
export function rememberEnding(key: string, ending: Ending): void {
  learnEnding(key, ending);
  tellOthers(key, ending);
}
/** Who else wants to know what this process finds. */
export function shareEndings(tell: typeof tellOthers): void {
  tellOthers = tell;
}

/**
 * All that anybody can see of a world and of the stack's state, but clocks and leases: they move by themselves. `about` is what else
 * decides its end. Null where a call is still under way: what it will do cannot be seen.
 */
export function appearance(world: World, state: State, history: HistoryEntry[], about: unknown): string | null {
  if (history.some(isUnderWay)) return null;
  const { servers, subscriptions, sendConnectors, queues, edgeSync } = world.state() as unknown as { [key: string]: object };
  const visible = (servers as { [key: string]: unknown }[]).map(({ utc: _utc, files, ...rest }) => ({
    ...rest,
    files: (files as { path: string }[]).filter(({ path }) => !path.startsWith("lease/")),
  }));
  const done = history
    .filter(({ mutating, executed }) => mutating && executed)
    .map(({ host, cmdlet, parameters }) => [host, cmdlet, parameters]);
  const resources = Object.entries(state.resources).map(([name, { initErrors, ...rest }]) => [name, rest, initErrors !== undefined]);
  const seen = [visible, subscriptions, sendConnectors, queues, edgeSync, [...world.outbox], done, { ...state, resources }, about];
  return createHash("sha256")
    .update(renamed(JSON.stringify(seen)))
    .digest("hex");
}

const DRAWN = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{64}\b/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;
const BUCKET_MS = 10_000;
/** Lifetimes of certificates are further away. */
const NEAR_MS = 12 * 3_600_000;
/** Before a case began, nobody asks how long. */
const LONG_AGO = 200;
/** Ids that a run draws, and what is hashed of them, are numbered as they come; of times count their order, and how long ago they were. */
function renamed(text: string): string {
  const numbers = new Map<string, number>();
  const times = [...new Set(text.match(TIME))].filter((time) => Math.abs(Date.now() - Date.parse(time)) < NEAR_MS).sort();
  const age = (time: string): number => Math.min(LONG_AGO, Math.round((Date.now() - Date.parse(time)) / BUCKET_MS));
  const ranks = new Map(times.map((time, rank) => [time, `@${rank} ${age(time)}`]));
  const number = (id: string): string => {
    if (!numbers.has(id)) numbers.set(id, numbers.size);
    return `#${numbers.get(id)}`;
  };
  return text.replace(DRAWN, number).replace(TIME, (time) => ranks.get(time) ?? time);
}

function isUnderWay({ cmdlet, mutating, outcome, executed }: HistoryEntry): boolean {
  const changes = mutating || (cmdlet.startsWith("file.") && cmdlet !== "file.read" && cmdlet !== "file.list");
  return changes && outcome === "unknown" && !executed;
}
