/**
 * Time in which whoever waits at the same time waits together: the clocks move when nothing else is left to do, and then to whatever falls due
 * next. For how long a run takes whose Edges go side by side; where the order in which things happen is what counts, `virtualTime` alone
 * is quicker.
 */
import * as clock from "../../../provider/base/clock";
import { LabClock } from "../../../lab/model/clock";
import { installVirtualTime, nextInterval, passedSinceStart, passUntil, stillness } from "./virtualTime";

interface Sleeper {
  /** Milliseconds after the world began. */
  at: number;
  wake: () => void;
}
const sleepers = new Set<Sleeper>();
let driven = false;

/** Resolves after so many milliseconds. @throws what the signal says */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  let sleeper: Sleeper | undefined;
  const woken = new Promise<void>((resolve) => {
    sleeper = { at: passedSinceStart() + ms, wake: resolve };
    sleepers.add(sleeper);
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });
  void drive();
  await woken;
  sleepers.delete(sleeper!);
  signal?.throwIfAborted();
}

/** One at a time moves the clocks, as long as anybody waits. */
async function drive(): Promise<void> {
  if (driven) return;
  driven = true;
  while (sleepers.size > 0) {
    await stillness();
    const next = [...sleepers].sort((a, b) => a.at - b.at).at(0);
    if (next === undefined) break;
    passUntil(Math.min(next.at, nextInterval()));
    if (next.at > passedSinceStart()) continue;
    sleepers.delete(next);
    next.wake();
  }
  driven = false;
}

async function waitInLab(this: LabClock, seconds: number): Promise<void> {
  await sleep(this.scaled(seconds));
  this.settle();
}

/** Instead of `installVirtualTime`. */
export function installEventTime(): void {
  installVirtualTime();
  Object.assign(clock, { delay: sleep });
  LabClock.prototype.wait = waitInLab;
}
