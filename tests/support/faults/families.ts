/** Runs a family's cases on the pool, counts them, and reports all that went wrong at once. */
import assert from "node:assert/strict";
import { describeOutcome, type Case, type Outcome } from "./cases";
import { Pool } from "./pool";
import { begin, count, countCpu, leaveOut } from "./report";
import type { Branch, Tree, TreeResult } from "./tree";

export type Labelled = [what: string, spec: Case];
/** Trees are cut into so many parts, which several processes share. */
const PARTS = 4;
let pool: Pool | undefined;

/** Declares hooks: the clock of families (the first one's processor time is that of all), and the pool's end. */
export function family(...names: string[]): void {
  before(() => names.forEach(begin));
  after(() => {
    if (pool) countCpu(names[0], pool.cpu);
    pool?.close();
    pool = undefined;
  });
}

export async function one(spec: Case): Promise<Outcome> {
  pool ??= new Pool(isOver);
  return pool.run(spec);
}

export const isGood = ({ cleanRuns, violations }: Outcome): boolean => cleanRuns !== null && violations.length === 0;

/** All cases; a failure does not stop the others, so that one defect shows all its faces. */
export async function mustConverge(name: string, cases: Labelled[]): Promise<Outcome[]> {
  const failures: string[] = [];
  pool ??= new Pool(isOver);
  const outcomes = await Promise.all(
    cases.map(async ([what, spec]) => {
      try {
        const outcome = await pool!.tried(spec);
        if (!outcome) {
          leaveOut(name, 1);
          return null;
        }
        judge(name, { what, spec, outcome }, failures);
        return outcome;
      } catch (error) {
        count(name, { cleanRuns: null, violations: [] });
        failures.push(`${what}: ${(error as Error).message}\n      ${JSON.stringify(spec)}`);
        return null;
      }
    }),
  );
  assert.equal(failures.length, 0, `${failures.length} of ${cases.length}:\n${failures.join("\n")}`);
  return outcomes.flatMap((outcome) => outcome ?? []);
}

/** Whole trees of cases; branches with another goal than the rotation's count for `back` ("" = for nothing). */
export async function mustGrow(name: string, trees: Tree[], back = name, seen?: (branch: Branch) => void): Promise<TreeResult> {
  const failures: string[] = [];
  const sum: TreeResult = { went: 0, all: 0 };
  pool ??= new Pool(isOver);
  const grow = async (tree: Tree): Promise<void> => {
    try {
      const result = await pool!.grow(tree, (branch) => {
        seen?.(branch);
        judge(branch.spec.goal ? back : name, branch, failures);
      });
      if (!result) return leaveOut(name, 1);
      sum.went += result.went;
      sum.all += result.all;
    } catch (error) {
      count(name, { cleanRuns: null, violations: [] });
      failures.push(`${(error as Error).message}\n      ${JSON.stringify(tree)}`);
    }
  };
  await Promise.all(trees.map(grow));
  assert.equal(failures.length, 0, `${failures.length} of ${sum.went}:\n${failures.join("\n")}`);
  return sum;
}

function judge(name: string, { what, spec, outcome }: Branch, failures: string[]): void {
  if (name !== "") count(name, outcome);
  if (!isGood(outcome)) failures.push(`${what}: ${describeOutcome(outcome)}\n      ${JSON.stringify(spec)}`);
}

/** A tree in parts that processes can share. */
export function inParts(tree: Tree, parts = PARTS): Tree[] {
  return Array.from({ length: parts }, (_, k) => ({ ...tree, part: [k, parts] as [number, number] }));
}

/** When `npm run faults -- --minutes` ends (Unix ms); null = when everything was tried. */
export function deadline(): number | null {
  const minutes = Number(process.env.FAULTS_MINUTES ?? 0);
  return minutes > 0 ? Date.now() - process.uptime() * 1000 + minutes * 60_000 : null;
}
export const isOver = (): boolean => Date.now() >= (deadline() ?? Infinity);

/** Whether everything is to be tried (`npm run faults`). */
export const isFull = (): boolean => process.env.FAULTS_RUNS !== undefined;
/** Number of random runs. */
export const randomRuns = (commit: number): number => Number(process.env.FAULTS_RUNS ?? commit);
