/** Which file comes next: lanes run side by side, go where most work is left, and begin with what takes long. */
import type { TestFile, Tier } from "./tiers";

interface Long {
  /** Processor time, in s. */
  readonly seconds: number;
  /** Its tests know nothing of each other: so many processes share them. */
  readonly parts?: number;
}
/** Files that take long. A run must not end with one of them alone. */
export const LONG: { readonly [file: string]: Long } = {
  "contract/canary": { seconds: 30, parts: 3 },
  "contract/cli/resume": { seconds: 15 },
  "contract/resources/drift": { seconds: 12 },
  "contract/resources/fleetWayBack": { seconds: 22, parts: 2 },
  "contract/resources/lostName": { seconds: 9 },
  "contract/resources/toggles": { seconds: 32, parts: 4 },
  "engine/demo": { seconds: 30 },
  "engine/stories": { seconds: 30 },
  "faults/1-steps": { seconds: 150 },
  "faults/10-together": { seconds: 35 },
  "faults/2-calls": { seconds: 100 },
  "faults/4-random": { seconds: 180 },
  "faults/7-cuts": { seconds: 50 },
  "faults/8-mail": { seconds: 30 },
  "faults/9-engine": { seconds: 60 },
  "interop/engineCanary": { seconds: 25 },
  "powershell/4-rotation": { seconds: 120, parts: 3 },
  "powershell/b-wine": { seconds: 40 },
  "unit/pki/pfx": { seconds: 10 },
};

/** Processor time of a file or of its part, in s. */
export function estimate({ tier, name, part }: TestFile): number {
  return (LONG[`${tier.name}/${name}`]?.seconds ?? tier.fileSeconds) / (part?.[1] ?? 1);
}

/** Long files in parts. */
export function inParts(files: readonly TestFile[]): TestFile[] {
  return files.flatMap((file) => {
    const parts = LONG[`${file.tier.name}/${file.name}`]?.parts ?? 1;
    return parts === 1 ? [file] : Array.from({ length: parts }, (_, k): TestFile => ({ ...file, part: [k, parts] }));
  });
}

/**
 * How many files run at once: as many as `asked` for, else twice the cores, since most of them wait more than they work.
 * @throws RangeError when `asked` is no number above 0
 */
export function lanesFor(cores: number, files: number, asked?: string): number {
  if (asked !== undefined && !/^[1-9]\d*$/.test(asked)) throw new RangeError(`--lanes must be a number above 0, not ${asked}`);
  return Math.max(1, Math.min(files, asked === undefined ? 2 * cores : Number(asked)));
}

/** A lane changes its tier, which takes a new process, where at least so many times more is left for each lane. */
const WORTH_IT = 2;

interface Queue {
  readonly files: TestFile[];
  lanes: number;
}

export class Schedule {
  private readonly queues = new Map<Tier, Queue>();

  constructor(files: readonly TestFile[]) {
    for (const one of files) {
      const queue = this.queues.get(one.tier) ?? { files: [], lanes: 0 };
      queue.files.push(one);
      this.queues.set(one.tier, queue);
    }
    for (const { files: list } of this.queues.values()) list.sort((a, b) => estimate(b) - estimate(a));
  }

  /** The next file for a lane that has been with `tier`, or for a new lane. */
  next(tier: Tier | undefined): TestFile | undefined {
    const own = tier && this.queues.get(tier);
    const [best] = [...this.queues.values()].filter((queue) => queue !== own).sort((a, b) => share(b, 1) - share(a, 1));
    const stays = own && own.files.length > 0 && !(best && share(best, 1) > WORTH_IT * share(own, 0));
    const queue = stays ? own : best;
    if (!queue || queue.files.length === 0) return undefined;
    if (queue !== own) {
      if (own) own.lanes -= 1;
      queue.lanes += 1;
    }
    return queue.files.shift();
  }
}

/** What is left for each lane of a tier, with so many lanes more. */
function share({ files, lanes }: Queue, more: number): number {
  return files.reduce((sum, one) => sum + estimate(one), 0) / Math.max(1, lanes + more);
}
