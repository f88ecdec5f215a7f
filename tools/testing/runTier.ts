/** One tier in a process of its own, with a deadline for the process and all that it started. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TierMessage, TierRequest } from "./messages";
import { type TierResult, tierResult } from "./summary";
import type { Tier } from "./tiers";

/** After its last test a tier has this long to close its handles, in ms. */
const GRACE = 15_000;

export interface Options {
  /** Only tests whose full title matches this regular expression. */
  readonly grep?: string | undefined;
  /** Do not show what the tests print. */
  readonly quiet?: boolean;
}

export async function runTier(tier: Tier, files: readonly string[], { grep, quiet }: Options = {}): Promise<TierResult> {
  const started = Date.now();
  const messages: TierMessage[] = [];
  const color = process.stdout.isTTY === true;
  const request: TierRequest = { files, testMilliseconds: tier.testSeconds * 1000, color, ...(grep === undefined ? {} : { grep }) };
  const child = startChild(request);
  const output = passOutput(child, quiet === true);
  const limit = new Limit(child);
  limit.set(tier.tierSeconds * 1000, `took longer than ${tier.tierSeconds} s`);
  child.on("message", (message) => {
    messages.push(message as TierMessage);
    if ((message as TierMessage).kind === "end") limit.set(GRACE, `left handles open: ended ${GRACE / 1000} s after its last test`);
  });
  const crash = await ended(child);
  limit.clear();
  if (limit.reached && !quiet) console.log(`tier ${tier.name} ${limit.reached}`);
  const seconds = (Date.now() - started) / 1000;
  return tierResult(messages, { tier: tier.name, crash: limit.reached ?? crash, output: output(), seconds });
}

function startChild(request: TierRequest): ChildProcess {
  const args = ["--enable-source-maps", join(__dirname, "child.js"), JSON.stringify(request)];
  // a group of its own, so that a deadline ends the labs and engines it started too
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"], detached: process.platform !== "win32" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const stop = (): void => {
      killGroup(child, "SIGKILL");
      process.exit(130);
    };
    process.on(signal, stop);
    child.on("close", () => process.removeListener(signal, stop));
  }
  return child;
}

/** Ends the child's group once its time is over, and remembers why. */
class Limit {
  reached: string | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly child: ChildProcess) {}

  set(ms: number, why: string): void {
    this.clear();
    this.timer = setTimeout(() => {
      this.reached = why;
      killGroup(this.child, "SIGKILL");
    }, ms);
  }

  clear(): void {
    clearTimeout(this.timer);
  }
}

/** Shows the child's output as it comes, and keeps it for the seed lines. */
function passOutput(child: ChildProcess, quiet: boolean): () => string {
  const kept: string[] = [];
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from?.setEncoding("utf8");
    from?.on("data", (text: string) => {
      kept.push(text);
      if (!quiet) to.write(text);
    });
  }
  return () => kept.join("");
}

/** How the process ended, in words; then nothing of its group is left, and all that it said has arrived. */
async function ended(child: ChildProcess): Promise<string> {
  const arrived = Promise.all([once(child, "close"), child.connected ? once(child, "disconnect") : undefined]);
  const words = await new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(`could not be started: ${error.message}`));
    child.on("exit", (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with code ${code}`));
  });
  killGroup(child, "SIGKILL"); // what its tests left behind would hold its pipes open
  await Promise.race([arrived, delay(5_000, undefined, { ref: false })]);
  return words;
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, signal);
  } catch {
    // nothing is left of it
  }
}
