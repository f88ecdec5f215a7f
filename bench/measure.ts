/** Times and what is said of them. */

export interface Figure {
  name: string;
  unit: "ms" | "bytes" | "times" | "MB" | "s";
  median: number;
  p90: number;
  /** How many measurements stand behind it. */
  samples: number;
}

/** Milliseconds that a task takes. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await task();
  return performance.now() - started;
}

/** Measures a task several times, one after the other. */
export async function repeated(times: number, task: (round: number) => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let round = 0; round < times; round++) samples.push(await timed(() => task(round)));
  return samples;
}

/** Median and the value that nine of ten stay under. */
export function figure(name: string, unit: Figure["unit"], samples: readonly number[]): Figure {
  if (samples.length === 0) throw new Error(`${name} was not measured.`);
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { name, unit, median: rounded(median), p90: rounded(at(0.9)), samples: sorted.length };
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
