/** Runs a family's cases on the pool, counts them, and reports all that went wrong at once. */
import assert from "node:assert/strict";
import { describeOutcome, type Case, type Outcome } from "./cases";
import { Pool } from "./pool";
import { begin, count } from "./report";

export type Labelled = [what: string, spec: Case];
let pool: Pool | undefined;

/** Declares hooks: the family's clock, and the pool's end. */
export function family(name: string): void {
  before(() => begin(name));
  after(() => {
    pool?.close();
    pool = undefined;
  });
}

export async function one(spec: Case): Promise<Outcome> {
  pool ??= new Pool();
  return pool.run(spec);
}

export const isGood = (outcome: Outcome): boolean => outcome.cleanRuns !== null && outcome.violations.length === 0;

/** All cases; a failure does not stop the others, so that one defect shows all its faces. */
export async function mustConverge(name: string, cases: Labelled[]): Promise<void> {
  const failures: string[] = [];
  await Promise.all(
    cases.map(async ([what, spec]) => {
      try {
        const outcome = await one(spec);
        count(name, outcome);
        if (!isGood(outcome)) failures.push(`${what}: ${describeOutcome(outcome)}\n      ${JSON.stringify(spec)}`);
      } catch (error) {
        count(name, { cleanRuns: null, violations: [] });
        failures.push(`${what}: ${(error as Error).message}\n      ${JSON.stringify(spec)}`);
      }
    }),
  );
  assert.equal(failures.length, 0, `${failures.length} of ${cases.length}:\n${failures.join("\n")}`);
}

/** Every `step`-th of a list, from `first` on: what the commit size leaves out comes with `npm run faults`. */
export function sample<T>(all: T[], limit: number): T[] {
  if (isFull() || all.length <= limit) return all;
  const step = all.length / limit;
  return Array.from({ length: limit }, (_, index) => all[Math.floor(index * step)]);
}
/** Whether everything is to be tried (`npm run faults`). */
export const isFull = (): boolean => process.env.FAULTS_RUNS !== undefined;
/** Number of random runs. */
export const randomRuns = (commit: number): number => Number(process.env.FAULTS_RUNS ?? commit);
