/** Runs test files on several processes at once. */
import type { WorkerOptions } from "./messages";
import { wallNow } from "./patience";
import { Schedule } from "./schedule";
import type { FileResult } from "./summary";
import type { TestFile } from "./tiers";
import { LIMITS, WorkerProcess, type Limits } from "./workerProcess";

export interface RunOptions {
  readonly lanes: number;
  /** Only tests whose full title matches this regular expression. */
  readonly grep?: string | undefined;
  readonly color?: boolean;
  readonly limits?: Limits;
  /** Why a file is not run on this machine; undefined when it is. */
  skip?(file: TestFile): string | undefined;
  /** A file is through. */
  onResult?(result: FileResult, done: number): void;
  /** A remark about a process. */
  onRemark?(text: string): void;
}

/** Runs all files; results in the order in which they ended. */
export class Lanes {
  private readonly schedule: Schedule;
  private readonly workers = new Set<WorkerProcess>();
  private readonly results: FileResult[] = [];
  /** What runs at the moment, and since when. */
  readonly running = new Map<TestFile, number>();

  constructor(
    files: readonly TestFile[],
    private readonly options: RunOptions,
  ) {
    this.schedule = new Schedule(files);
  }

  async run(): Promise<FileResult[]> {
    await Promise.all(Array.from({ length: this.options.lanes }, () => this.lane()));
    return this.results;
  }

  /** Ends everything at once. */
  kill(): void {
    for (const worker of this.workers) worker.kill("was interrupted");
  }

  private async lane(): Promise<void> {
    let worker: WorkerProcess | undefined;
    for (let next = this.schedule.next(undefined); next; next = this.schedule.next(worker?.tier ?? next.tier)) {
      if (worker && (worker.tier !== next.tier || !worker.isUsable)) worker = await this.dismiss(worker);
      worker ??= this.start(next);
      this.running.set(next, wallNow());
      const result = await worker.run(next, this.options.skip?.(next));
      this.running.delete(next);
      this.results.push(result);
      this.options.onResult?.(result, this.results.length);
    }
    if (worker) await this.dismiss(worker);
  }

  private start({ tier }: TestFile): WorkerProcess {
    const { grep, color = false, limits = LIMITS } = this.options;
    const { stallMilliseconds, stallAtMost } = limits;
    const options: Omit<WorkerOptions, "testMilliseconds"> = { stallMilliseconds, stallAtMost, color, ...(grep !== undefined && { grep }) };
    const worker = new WorkerProcess(tier, options, limits);
    this.workers.add(worker);
    return worker;
  }

  private async dismiss(worker: WorkerProcess): Promise<undefined> {
    const open = await worker.end();
    if (open !== undefined) this.options.onRemark?.(`a process of tier ${worker.tier.name} ${open}`);
    this.workers.delete(worker);
    return undefined;
  }
}
