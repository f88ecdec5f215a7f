/** The runner's side of a process that runs test files: its output by file, its end, and the end of one that hangs. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { endMark, type FileMessage, type Order, type WorkerOptions } from "./messages";
import { Deadline, patientTimer, wallNow } from "./patience";
import { fileResult, type FileResult } from "./summary";
import { labelOf, type TestFile, type Tier } from "./tiers";

const COMPILED = resolve(__dirname, "..", "..", "..", ".cache", "compiled");
/** After its last file a process has this long to close its handles, in patient ms. */
const GRACE = 15_000;
const LOOK_MS = 500;

export interface Limits {
  /** A test that gets no further for so many patient ms has hung. */
  readonly stallMilliseconds: number;
  /** The same on the wall. */
  readonly stallAtMost: number;
  /** A process that gives no sign of life for so many patient ms has hung. */
  readonly silenceMilliseconds: number;
  readonly silenceAtMost: number;
}
/** The longest that a hang lasts is `stallAtMost` or `silenceAtMost`, and a look more: below five minutes on any machine. */
export const LIMITS: Limits = { stallMilliseconds: 90_000, stallAtMost: 200_000, silenceMilliseconds: 60_000, silenceAtMost: 150_000 };

/** Work on one file. */
interface Job {
  readonly messages: FileMessage[];
  readonly text: string[];
  heard: number;
  readonly silence: Deadline;
}

export class WorkerProcess {
  private readonly child: ChildProcess;
  private readonly gone: Promise<string>;
  private job: Job | undefined;
  private marks = 0;
  private number = 0;
  private isGone = false;
  private killedBecause: string | undefined;
  private finish: (() => void) | undefined;

  constructor(
    readonly tier: Tier,
    options: Omit<WorkerOptions, "testMilliseconds">,
    private readonly limits: Limits = LIMITS,
  ) {
    const all: WorkerOptions = { ...options, testMilliseconds: tier.testSeconds * 1000 };
    const args = ["--enable-source-maps", join(__dirname, "worker.js"), JSON.stringify(all)];
    // Modules that it and the programs it starts load are compiled once for all processes of all runs.
    const env = { ...process.env, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? COMPILED };
    // a group of its own, so that its end is the end of the labs and engines that it started too
    this.child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe", "ipc"], detached: process.platform !== "win32" });
    this.child.on("message", (message) => this.hear(message as FileMessage));
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8");
      let rest = "";
      stream?.on("data", (text: string) => (rest = this.read(rest + text)));
      stream?.on("end", () => this.keep(rest));
    }
    this.gone = this.end_();
  }

  /** Whether it can run another file. */
  get isUsable(): boolean {
    return !this.isGone && this.killedBecause === undefined;
  }

  async run({ tier, file, name, part }: TestFile, skip?: string): Promise<FileResult> {
    const began = wallNow();
    const job: Job = { messages: [], text: [], heard: wallNow(), silence: new Deadline(this.limits.silenceMilliseconds) };
    this.job = job;
    this.marks = 0;
    const finished = new Promise<undefined>((resolve) => (this.finish = () => resolve(undefined)));
    this.send({ file, number: ++this.number, ...(skip !== undefined && { skip }), ...(part && { part }) });
    const watch = setInterval(() => this.look(), LOOK_MS);
    const crash = await Promise.race([finished, this.gone]);
    clearInterval(watch);
    this.job = undefined;
    return fileResult(job.messages, {
      tier: tier.name,
      name: labelOf({ name, part }),
      crash: crash === undefined ? undefined : (this.killedBecause ?? crash),
      output: job.text.join(""),
      seconds: (wallNow() - began) / 1000,
    });
  }

  /** Lets it end by itself; in words what it left open otherwise. */
  async end(): Promise<string | undefined> {
    if (!this.isUsable) return void (await this.gone);
    this.send({ end: true });
    const timer = patientTimer(GRACE, () => this.kill(`left handles open: ended ${GRACE / 1000} s after its last test`));
    await this.gone;
    timer.clear();
    return this.killedBecause;
  }

  kill(why: string): void {
    this.killedBecause ??= why;
    killGroup(this.child);
  }

  private send(order: Order): void {
    if (this.child.connected) this.child.send(order, () => undefined);
  }

  private hear(message: FileMessage): void {
    const { job } = this;
    if (!job) return;
    job.heard = wallNow();
    job.silence.refresh();
    if (message.kind === "alive" || message.kind === "progress") return;
    job.messages.push(message);
    this.settle();
  }

  /** Takes the file's mark out of the text; gives back the part of it that may be a mark's beginning. */
  private read(text: string): string {
    const mark = endMark(this.number);
    const at = text.indexOf(mark);
    if (at < 0) {
      const begun = text.lastIndexOf("\u0001end");
      const whole = begun < 0 ? text.length : begun;
      this.keep(text.slice(0, whole));
      return text.slice(whole);
    }
    this.keep(text.slice(0, at));
    this.marks += 1;
    this.settle();
    return text.slice(at + mark.length);
  }

  private keep(text: string): void {
    if (text !== "") this.job?.text.push(text);
  }

  /** A file is through when its count and all of its output have come. */
  private settle(): void {
    if (this.marks >= 2 && this.job?.messages.some(({ kind }) => kind === "end")) this.finish?.();
  }

  private look(): void {
    const { job } = this;
    if (!job || !(job.silence.isOver || wallNow() - job.heard > this.limits.silenceAtMost)) return;
    this.kill(`hangs: no sign of life for ${Math.round((wallNow() - job.heard) / 1000)} s`);
  }

  /** How the process ended, in words; then nothing of its group is left, and all that it said has arrived. */
  private async end_(): Promise<string> {
    const { child } = this;
    const arrived = Promise.all([once(child, "close"), child.connected ? once(child, "disconnect") : undefined]);
    arrived.catch(() => undefined);
    const words = await new Promise<string>((resolve) => {
      child.on("error", (error) => resolve(`could not be started: ${error.message}`));
      child.on("exit", (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`));
    });
    this.isGone = true;
    killGroup(child); // what its tests left behind would hold its pipes open
    await Promise.race([arrived, delay(5_000, undefined, { ref: false })]);
    return words;
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // nothing is left of it
  }
}
