/** Long lists: a seeded choice of them in `npm test`, all of them in `npm run faults`. */
import { seedOf } from "../seed";

/** Whether this is `npm run faults`. */
export const COMPLETE = process.env.FAULTS_RUNS !== undefined;

/** Repeats a choice; printed by whoever chooses. */
export const SEED = seedOf("FAULTS_SEED");

/** Numbers from 0 to below 1, the same ones for the same seed and name. */
export function random(name: string): () => number {
  let state = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), SEED) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** `count` of a list in its order, or all of it in the complete run. */
export function chosen<T>(name: string, all: readonly T[], count: number): T[] {
  if (COMPLETE || all.length <= count) return [...all];
  const next = random(name);
  const places = new Set<number>();
  while (places.size < count) places.add(Math.floor(next() * all.length));
  console.log(`      ${name}: seed ${SEED}`);
  return all.filter((_one, place) => places.has(place));
}
