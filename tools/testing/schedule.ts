/** Which file comes next: lanes run side by side, each stays with a tier as long as that has files, and the long ones begin. */
import type { TestFile, Tier } from "./tiers";

/** Files that take long, longest first, with their seconds on an idle machine: a run must not end with one of them alone. */
export const LONG: { readonly [file: string]: number } = {
  "faults/4-random": 110,
  "faults/9-engine": 100,
  "faults/1-steps": 80,
  "faults/2-calls": 60,
  "faults/8-mail": 50,
  "faults/7-cuts": 45,
  "engine/stories": 40,
  "engine/demo": 40,
  "interop/engineCanary": 40,
  "faults/5-bugs": 30,
};

export const estimate = ({ tier, name }: TestFile): number => LONG[`${tier.name}/${name}`] ?? tier.fileSeconds;

/**
 * How many files run at once: as many as `asked` for, else twice the cores, since most of them wait more than they work.
 * @throws RangeError when `asked` is no number above 0
 */
export function lanesFor(cores: number, files: number, asked?: string): number {
  if (asked !== undefined && !/^[1-9]\d*$/.test(asked)) throw new RangeError(`--lanes must be a number above 0, not ${asked}`);
  return Math.max(1, Math.min(files, asked === undefined ? 2 * cores : Number(asked)));
}

export class Schedule {
  private readonly waiting: Map<Tier, TestFile[]>;

  constructor(files: readonly TestFile[]) {
    this.waiting = new Map();
    for (const one of files) this.waiting.set(one.tier, [...(this.waiting.get(one.tier) ?? []), one]);
    for (const [tier, list] of this.waiting)
      this.waiting.set(
        tier,
        list.sort((a, b) => estimate(b) - estimate(a)),
      );
  }

  /** The next file for a lane that has been with `tier`; of the tier with most work left when that has none, or for a new lane. */
  next(tier: Tier | undefined): TestFile | undefined {
    const own = tier && this.waiting.get(tier);
    return (own && own.length > 0 ? own : this.fullest())?.shift();
  }

  private taken = new Map<Tier, number>();
  /** New lanes spread over the tiers: what others are at counts less. */
  private fullest(): TestFile[] | undefined {
    const left = ([tier, list]: [Tier, TestFile[]]): number =>
      list.reduce((sum, one) => sum + estimate(one), 0) / (1 + (this.taken.get(tier) ?? 0));
    const [best] = [...this.waiting].filter(([, list]) => list.length > 0).sort((a, b) => left(b) - left(a));
    if (!best) return undefined;
    this.taken.set(best[0], (this.taken.get(best[0]) ?? 0) + 1);
    return best[1];
  }
}
