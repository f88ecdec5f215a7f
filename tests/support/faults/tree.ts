/**
 * Many cases that share their beginning: from one moment a run goes on to its end, and at each place where its process could be
 * killed the world is taken down as the kill would leave it; each of these worlds then gets its own end. Errors need the provider
 * alive: each has a run of its own, from the same moment. What a tree finds is what `runCase` finds for the case that is named.
 */
import { createHash } from "node:crypto";
import type { Case, Fault, Outcome } from "./cases";
import { Play, type Moment } from "./play";
import type { Shape } from "./programs";
import type { Point } from "./provider";
import type { Sent } from "./wire";

/** After so many branches one looks whether a run more has nothing to do; under `npm run faults` each does. */
export const QUIET_EVERY = process.env.FAULTS_RUNS === undefined ? 5 : 1;

export interface Tree {
  shape: Shape;
  /** Runs with faults that come first. */
  before: Fault[][];
  /** Where the process is killed: at fail points, before and after calls that write. */
  kills?: ("points" | "calls")[];
  /** An error at every fail point. */
  errors?: boolean;
  /** Programs of the clean runs; default: the rotation's own. */
  goals?: Shape[];
  noQuiet?: boolean;
  /** Worlds that nobody could tell apart go on once. */
  merge?: boolean;
  /** The `k`-th of `n` parts of the tree: every n-th place. */
  part?: [k: number, n: number];
}
export interface Branch {
  what: string;
  spec: Case;
  outcome: Outcome;
}
export interface TreeResult {
  /** Branches that went their own way, and all of them. */
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
    const seen = new Set<string>();
    // Points with nothing between them: an error at the one is an error at the other.
    const twins = new Set<number>();
    for (const place of places) {
      result.all += 1;
      play.load(place.moment);
      if (tree.merge && isKnown(seen, appearance(play, place.moment))) {
        if (place.fault.at === "point") twins.add(place.fault.index);
        continue;
      }
      result.went += 1;
      await play.settle(null);
      await finish(play, tree, place, emit);
    }
    for (const [index, { host, step, position }] of points.entries()) {
      if (!tree.errors || !isMine(tree, index)) continue;
      result.all += 1;
      if (twins.has(index)) continue;
      result.went += 1;
      play.load(root);
      const fault: Fault = { at: "point", index, action: "error" };
      await play.attempt([fault]);
      await finish(play, tree, { what: `${host}/${step}.${position}=error`, fault, moment: play.save() }, emit);
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

async function finish(play: Play, tree: Tree, { what, fault }: Place, emit: (branch: Branch) => void): Promise<void> {
  const { shape, goals = [shape], before, noQuiet } = tree;
  const moment = goals.length > 1 ? play.save() : null;
  for (const goal of goals) {
    if (moment) play.load(moment);
    play.looksAgain = !("index" in fault) || fault.index % QUIET_EVERY === 0;
    const spec: Case = { shape, attempts: [...before, [fault]], noQuiet, ...(goal !== shape && { goal }) };
    emit({ what, spec, outcome: { ...(await play.conclude(goal)), points: [], requests: [] } });
  }
}

function isMine({ part: [k, n] = [0, 1] }: Tree, index: number): boolean {
  return index % n === k;
}
function isKnown(seen: Set<string>, one: string): boolean {
  if (seen.has(one)) return true;
  seen.add(one);
  return false;
}

/** All that anybody can see of a world and of the stack's state, but clocks and leases: they move by themselves. */
function appearance(play: Play, { state }: Moment): string {
  const { servers, subscriptions, sendConnectors, queues, edgeSync } = play.world.state() as unknown as { [key: string]: object };
  const visible = (servers as { [key: string]: unknown }[]).map(({ utc: _utc, files, ...rest }) => ({
    ...rest,
    files: (files as { path: string }[]).filter(({ path }) => !path.startsWith("lease/")),
  }));
  return createHash("sha256")
    .update(JSON.stringify([visible, subscriptions, sendConnectors, queues, edgeSync, state]))
    .digest("hex");
}
