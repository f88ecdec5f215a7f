/** Times and what is said of them. */

export interface Figure {
  name: string;
  /** `ms`, `s`, `kB`, `turns` … */
  unit: string;
  median: number;
  p90: number;
  /** How many measurements stand behind it. */
  samples: number;
  /** What it is to be, where something is: `≤ 45`. */
  wanted?: string;
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
export function figure(name: string, unit: string, samples: readonly number[], wanted?: string): Figure {
  if (samples.length === 0) throw new Error(`${name} was not measured.`);
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  const all = { name, unit, median: rounded(median), p90: rounded(at(0.9)), samples: sorted.length };
  return wanted === undefined ? all : { ...all, wanted };
}

/** A count: it is the same in each run. */
export function counted(name: string, unit: string, value: number, wanted?: string): Figure {
  return { ...figure(name, unit, [value], wanted), median: value, p90: value };
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

/** What a part of the benchmark tells. */
export interface Outcome {
  figures: Figure[];
  /** Rows that stand beside each other; the first one is the head. */
  rows?: string[][];
  notes?: string[];
}
export type Note = (text: string) => void;
