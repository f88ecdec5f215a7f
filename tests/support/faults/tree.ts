/**
 * Many cases that share their beginning: from one moment a run goes on to its end, and at each place where its process could be
 * killed the world is taken down as the kill would leave it; each of these worlds then gets its own end. Errors need the provider
 * alive: each has a run of its own, from the same moment. What a tree finds is what `runCase` finds for the case that is named.
 */
import type { Case, Fault, Outcome } from "./cases";
import { Play, type Moment } from "./play";
import type { Shape } from "./programs";
import type { Point } from "./provider";
import type { Sent } from "./wire";

/** After so many branches in worlds of their own one looks whether a run more has nothing to do; under `npm run faults` each does. */
export const QUIET_EVERY = process.env.FAULTS_RUNS === undefined ? 5 : 1;

export interface Tree {
  shape: Shape;
  /** Runs with faults that come first. */
  before: Fault[][];
  /** Where the process is killed: at fail points, before and after calls that write. */
  kills?: ("points" | "calls")[];
  /** An error at every fail point; with `kills`, of points whose worlds are the same at the first only. */
  errors?: boolean;
  /** Programs of the clean runs; default: the rotation's own. */
  goals?: Shape[];
  noQuiet?: boolean;
  /** The `k`-th of `n` parts of the tree: blocks of places that follow each other, because their worlds are often the same. */
  part?: [k: number, n: number];
}
export interface Branch {
  what: string;
  spec: Case;
  outcome: Outcome;
}
export interface TreeResult {
  /** Branches in worlds of their own, and all of them. */
  went: number;
  all: number;
}
interface Place {
  what: string;
  fault: Fault;
  moment: Moment;
}

export async function runTree(tree: Tree, emit: (branch: Branch) => void): Promise<TreeResult> {
  const play = await Play.begin({ shape: tree.shape, attempts: tree.before, noQuiet: tree.noQuiet });
  const result = { went: 0, all: 0 };
  try {
    for (const faults of tree.before) if (await play.attempt(faults)) return result;
    const root = play.save();
    const { places, points } = await record(play, tree);
    const end = async (what: string, fault: Fault): Promise<string | null> => {
      result.all += 1;
      play.looksAgain = result.went % QUIET_EVERY === 0 ? "if new" : "never";
      const outcomes = await finish(play, tree, { what, fault }, emit);
      if (outcomes.some(({ known }) => !known)) result.went += 1;
      return outcomes[0].world;
    };
    // Points with nothing between them: an error at the one is an error at the other.
    const twins = new Set<number>();
    const seen = new Set<string>();
    for (const { what, fault, moment } of places) {
      play.load(moment);
      await play.settle(null);
      const world = await end(what, fault);
      if (fault.at !== "point" || world === null) continue;
      if (seen.has(world)) twins.add(fault.index);
      seen.add(world);
    }
    for (const [index, { host, step, position }] of points.entries()) {
      if (!tree.errors || !isMine(tree, index)) continue;
      if (twins.has(index)) {
        result.all += 1;
        continue;
      }
      play.load(root);
      const fault: Fault = { at: "point", index, action: "error" };
      await play.attempt([fault]);
      await end(`${host}/${step}.${position}=error`, fault);
    }
    return result;
  } finally {
    play.world.close();
  }
}

/** A run without faults from here on, and the worlds that a kill would leave at each place of it. */
async function record(play: Play, tree: Tree): Promise<{ places: Place[]; points: readonly Point[] }> {
  const places: Place[] = [];
  const calls = new Map<number, Sent>();
  const { kills = [] } = tree;
  const take = (what: string, fault: Fault): void => void places.push({ what, fault, moment: play.save({ killed: true }) });
  const counts = { points: 0, calls: 0 };
  await play.attempt([], {
    onPoint: ({ host, step, position }) => {
      const index = counts.points++;
      if (kills.includes("points") && isMine(tree, index)) take(`${host}/${step}.${position}=kill`, { at: "point", index, action: "kill" });
    },
    onRequest: (sent) => {
      const index = counts.calls++;
      if (!kills.includes("calls") || !isMine(tree, index) || !(sent.mutating || sent.writes)) return;
      calls.set(index, sent);
      take(`${sent.host} ${sent.call} #${index} dieBefore`, { at: "request", index, verdict: "dieBefore" });
    },
    onReply: (index) => {
      const sent = calls.get(index);
      if (sent) take(`${sent.host} ${sent.call} #${index} dieAfter`, { at: "request", index, verdict: "dieAfter" });
    },
  });
  return { places, points: [...play.latest!.points] };
}

/** What came of it, for each goal. */
async function finish(play: Play, tree: Tree, { what, fault }: Omit<Place, "moment">, emit: (branch: Branch) => void): Promise<Outcome[]> {
  const { shape, goals = [shape], before, noQuiet } = tree;
  const moment = goals.length > 1 ? play.save() : null;
  const outcomes: Outcome[] = [];
  for (const goal of goals) {
    if (moment) play.load(moment);
    const spec: Case = { shape, attempts: [...before, [fault]], noQuiet, ...(goal !== shape && { goal }) };
    const outcome = { ...(await play.conclude(goal)), points: [], requests: [] };
    outcomes.push(outcome);
    emit({ what, spec, outcome });
  }
  return outcomes;
}

/** Places in a row that stay together. */
const BLOCK = 8;
function isMine({ part: [k, n] = [0, 1] }: Tree, index: number): boolean {
  return Math.floor(index / BLOCK) % n === k;
}
