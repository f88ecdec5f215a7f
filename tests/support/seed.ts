/** Seeds of what tests draw: a commit is judged by the same draw each time, and `npm run faults` draws anew. */
const COMMIT_SEED = 20_261_122;
const MOST = 2 ** 31 - 1;

/** The seed of a draw: from the variable, which repeats what a failed run has printed; always above 0. */
export function seedOf(variable: string): number {
  const given = process.env[variable];
  const drawsAnew = process.env.FAULTS_RUNS !== undefined;
  return Number(given ?? (drawsAnew ? Date.now() % MOST : COMMIT_SEED)) || 1;
}
