/** Cases on several processes: an order is data, and so is what comes of it. */
import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { patientTimer, progress } from "../../../tools/testing/patience";
import type { Case, Outcome } from "./cases";
import type { Ending } from "./known";
import type { Branch, Tree, TreeResult } from "./tree";

/** What one process found ends for all: `known` follows no order. */
export type Known = { known: [key: string, ending: Ending] };
export type Order = { case: Case } | { tree: Tree } | Known;
export type Answer = Known | { branch: Branch } | { done: { outcome: Outcome } | { tree: TreeResult }; cpu: number } | { error: string };
interface Job {
  order: Order;
  branch: (branch: Branch) => void;
  /** Whatever the time is. */
  must: boolean;
  resolve(done: unknown): void;
  reject(error: Error): void;
}

/** A case takes a fraction of a second; one that takes this long hangs. In patient ms. */
const HANG_MS = 60_000;
/** Young objects die in the young generation: cases make many. Errors are made by the thousand, and their stacks are for nobody: no source maps. */
const EXEC_ARGV = [...process.execArgv.filter((one) => !/^--(inspect|enable-source-maps)/.test(one)), "--max-semi-space-size=32"];

export class Pool {
  /** Processor time of all orders so far, in ms: says more than a clock on a machine that others use too. */
  cpu = 0;
  private readonly idle: ChildProcess[] = [];
  private waiting: Job[] = [];
  private readonly children = new Set<ChildProcess>();

  constructor(
    private readonly isOver: () => boolean = () => false,
    private readonly size = Math.min(2, availableParallelism()),
  ) {}

  async run(spec: Case): Promise<Outcome> {
    return ((await this.order({ case: spec }, () => undefined, true)) as { outcome: Outcome }).outcome;
  }

  /** Null when the time was over before its turn came; so below. */
  async tried(spec: Case): Promise<Outcome | null> {
    return ((await this.order({ case: spec }, () => undefined)) as { outcome: Outcome } | null)?.outcome ?? null;
  }

  async grow(tree: Tree, branch: (branch: Branch) => void): Promise<TreeResult | null> {
    return ((await this.order({ tree }, branch)) as { tree: TreeResult } | null)?.tree ?? null;
  }

  close(): void {
    for (const child of this.children) child.kill("SIGKILL");
    this.children.clear();
  }

  private order(order: Order, branch: Job["branch"], must = false): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ order, branch, must, resolve, reject });
      this.pump();
    });
  }

  private pump(): void {
    if (this.isOver()) {
      const late = this.waiting.filter(({ must }) => !must);
      this.waiting = this.waiting.filter(({ must }) => must);
      for (const job of late) job.resolve(null);
    }
    while (this.waiting.length > 0) {
      const child = this.idle.pop() ?? (this.children.size < this.size ? this.spawn() : undefined);
      if (!child) return;
      this.give(child, this.waiting.shift()!);
    }
  }

  private spawn(): ChildProcess {
    const child = fork(join(__dirname, "worker.js"), { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: EXEC_ARGV });
    this.children.add(child);
    child.once("exit", () => this.children.delete(child));
    child.on("message", (answer: Answer) => {
      if ("known" in answer) for (const other of this.children) if (other !== child && other.connected) other.send(answer);
    });
    return child;
  }

  private give(child: ChildProcess, job: Job): void {
    const settle = (how: () => void, reuse: boolean): void => {
      timer.clear();
      progress();
      child.removeListener("message", heard);
      child.removeListener("exit", gone);
      if (reuse) this.idle.push(child);
      how();
      this.pump();
    };
    const fail = (text: string, reuse: boolean): void => settle(() => job.reject(new Error(text)), reuse);
    const gone = (): void => fail("the worker ended", false);
    const heard = (message: unknown): void => {
      const answer = message as Answer;
      if ("known" in answer) return;
      if ("branch" in answer) {
        timer.refresh();
        progress();
        job.branch(answer.branch);
      } else if ("done" in answer) {
        this.cpu += answer.cpu;
        settle(() => job.resolve(answer.done), true);
      } else fail(answer.error, true);
    };
    const timer = patientTimer(HANG_MS, () => {
      child.kill("SIGKILL");
      this.children.delete(child);
      fail(`hangs: no end within ${HANG_MS / 1000} s`, false);
    });
    child.on("message", heard);
    child.once("exit", gone);
    child.send(job.order);
  }
}
