/** The organisation's clock: starts at the machine's time, runs with it, can be advanced, and does what falls due on the way. */

interface Task {
  at: number;
  order: number;
  run: () => void;
}

const DAY = 86_400_000;
/** Longest sleep of one timer: Node cannot wait longer than about 24 days. */
const LONGEST_TIMER = DAY;

/**
 * Time in milliseconds since the epoch. Latencies are given in seconds and divided by `speed`;
 * `skew` moves what one host shows without moving what happens.
 */
export class LabClock {
  private readonly skews = new Map<string, number>();
  private tasks: Task[] = [];
  private offset = 0;
  private order = 0;
  private waiting = 0;
  private timer: NodeJS.Timeout | undefined;
  private frozenAt: number | undefined;
  private horizon = 0;
  private closed = false;
  /** Called after tasks have run. */
  onRan: () => void = () => {};

  constructor(private readonly speed = 1) {}

  /** The organisation's time now. */
  time(): number {
    return this.frozenAt ?? Date.now() + this.offset;
  }

  /** What the clock of `host` shows. */
  now(host = ""): Date {
    return new Date(this.time() + (this.skews.get(host.toUpperCase()) ?? 0));
  }

  /** Seconds of a latency as milliseconds of the organisation's time. */
  scaled(seconds: number): number {
    return (seconds * 1000) / this.speed;
  }

  /** Runs `run` after a latency of `seconds`; returns a function that cancels it. */
  after(seconds: number, run: () => void): () => void {
    return this.at(this.time() + this.scaled(seconds), run);
  }

  at(at: number, run: () => void): () => void {
    const task = { at, order: this.order++, run };
    this.tasks.push(task);
    this.arm();
    return () => {
      this.tasks = this.tasks.filter((other) => other !== task);
    };
  }

  /** Resolves when a latency of `seconds` has passed, also when the clock is advanced over it. */
  wait(seconds: number): Promise<void> {
    if (this.scaled(seconds) <= 0) return Promise.resolve();
    this.waiting++;
    return new Promise((resolve) => {
      this.after(seconds, () => {
        this.waiting--;
        resolve();
      });
      this.arm();
    });
  }

  /** Next time of something periodic; a long jump of the clock is taken in larger steps, of a day at most. */
  nextPeriod(seconds: number): number {
    const now = this.time();
    const interval = this.scaled(seconds);
    const remaining = this.horizon - now;
    return now + (remaining > 20 * interval ? Math.min(DAY, remaining / 20) : interval);
  }

  advance(seconds: number, host?: string): void {
    if (host) {
      const key = host.toUpperCase();
      this.skews.set(key, (this.skews.get(key) ?? 0) + seconds * 1000);
      return;
    }
    if (seconds < 0) this.offset += seconds * 1000;
    else this.runUntil(this.time() + seconds * 1000, seconds * 1000);
  }

  /** Does everything that is due by now. Called before every look at the organisation. */
  settle(): void {
    if (this.frozenAt === undefined) this.runUntil(Date.now() + this.offset, 0);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.tasks = [];
  }

  private runUntil(target: number, moved: number): void {
    let ran = false;
    this.horizon = target;
    for (let task = this.next(); task && task.at <= target; task = this.next()) {
      this.tasks = this.tasks.filter((other) => other !== task);
      this.frozenAt = task.at;
      ran = true;
      try {
        task.run();
      } finally {
        this.frozenAt = undefined;
      }
    }
    this.offset += moved;
    this.arm();
    if (ran) this.onRan();
  }

  private next(): Task | undefined {
    let first: Task | undefined;
    for (const task of this.tasks) if (!first || task.at < first.at || (task.at === first.at && task.order < first.order)) first = task;
    return first;
  }

  private arm(): void {
    if (this.closed || this.frozenAt !== undefined) return;
    clearTimeout(this.timer);
    const task = this.next();
    if (!task) return;
    const delay = Math.min(Math.max(0, task.at - this.time()), LONGEST_TIMER);
    this.timer = setTimeout(() => this.settle(), Math.ceil(delay));
    // Only a caller who waits keeps the process alive.
    if (this.waiting === 0) this.timer.unref();
  }
}
