/** Cases on several processes: a case is data, and so is its outcome. */
import { fork, type ChildProcess } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Case, Outcome } from "./cases";

interface Job {
  spec: Case;
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
}
export type Answer = { outcome: Outcome } | { error: string };

/** A case takes a fraction of a second; one that takes this long hangs. */
const HANG_MS = 90_000;

export class Pool {
  private readonly idle: ChildProcess[] = [];
  private readonly waiting: Job[] = [];
  private readonly children = new Set<ChildProcess>();

  constructor(private readonly size = Math.min(2, availableParallelism())) {}

  run(spec: Case): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ spec, resolve, reject });
      this.pump();
    });
  }

  close(): void {
    for (const child of this.children) child.kill("SIGKILL");
    this.children.clear();
  }

  private pump(): void {
    while (this.waiting.length > 0) {
      const child = this.idle.pop() ?? (this.children.size < this.size ? this.spawn() : undefined);
      if (!child) return;
      this.give(child, this.waiting.shift()!);
    }
  }

  private spawn(): ChildProcess {
    const child = fork(join(__dirname, "worker.js"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.children.add(child);
    child.once("exit", () => this.children.delete(child));
    return child;
  }

  private give(child: ChildProcess, job: Job): void {
    const settle = (answer: Answer, reuse: boolean): void => {
      clearTimeout(timer);
      child.removeAllListeners("message");
      child.removeListener("exit", gone);
      if (reuse) this.idle.push(child);
      if ("outcome" in answer) job.resolve(answer.outcome);
      else job.reject(new Error(answer.error));
      this.pump();
    };
    const gone = (): void => settle({ error: "the worker ended" }, false);
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      this.children.delete(child);
      settle({ error: `hangs: no end within ${HANG_MS / 1000} s` }, false);
    }, HANG_MS);
    child.once("message", (answer) => settle(answer as Answer, true));
    child.once("exit", gone);
    child.send(job.spec);
  }
}
