/**
 * Mocha's timeouts in patient time, and a second limit beside each test's own: a test that gets no further has hung, whatever
 * its own limit is. `progress()` says that it does get further.
 */
import Mocha from "mocha";
import { tell } from "./fileEnd";
import type { WorkerOptions } from "./messages";
import { Deadline, onProgress, patientNow, slowness, wallNow } from "./patience";

/** Progress is told on so seldom, in ms. */
const TELL_MS = 1_000;
const LOOK_MS = 50;

/** Once a test is through, mocha looks at the clock on the wall, too, and takes no error for no timeout. */
function measurePatiently(prototype: Running): void {
  const { run, _timeoutError } = prototype;
  prototype.run = function (this: Running, done) {
    this.begun = patientNow();
    return run.call(this, done);
  };
  prototype._timeoutError = function (this: Running, ms) {
    return patientNow() - (this.begun ?? 0) < ms ? undefined : _timeoutError.call(this, ms);
  };
}

/** Mocha's own error, with what its milliseconds were on this machine. */
function inWords(error: Error | undefined, began: number): Error | undefined {
  if (!error) return undefined;
  const seconds = ((wallNow() - began) / 1000).toFixed(1);
  error.message += ` It had ${seconds} s: the machine is ${slowness().toFixed(1)} times slower than an idle one.`;
  return error;
}

/** What mocha's Runnable has, its types not. */
interface Running {
  timer?: NodeJS.Timeout;
  timedOut: boolean;
  callback(error: Error): void;
  _timeoutError(ms: number): Error | undefined;
  run(done: unknown): void;
  /** Patient time at its beginning. */
  begun?: number;
  timeout(): number;
  clearTimeout(): void;
  resetTimeout(): void;
}

export function installPatience({ stallMilliseconds, stallAtMost }: Pick<WorkerOptions, "stallMilliseconds" | "stallAtMost">): void {
  let moved = wallNow();
  let told = 0;
  const stall = new Deadline(stallMilliseconds);
  const move = (): void => {
    moved = wallNow();
    stall.refresh();
  };
  onProgress(() => {
    move();
    if (moved - told < TELL_MS) return;
    told = moved;
    tell({ kind: "progress" });
  });
  const prototype = Mocha.Runnable.prototype as unknown as Running;
  measurePatiently(prototype);
  prototype.resetTimeout = function (this: Running): void {
    this.clearTimeout();
    move();
    const own = new Deadline(this.timeout() || Infinity);
    const began = wallNow();
    this.begun = patientNow();
    const look = (): void => {
      const error = own.isOver ? inWords(this._timeoutError(this.timeout()), began) : hung();
      if (!error) return wait();
      this.callback(error);
      this.timedOut = true;
    };
    const wait = (): void => {
      this.timer = setTimeout(look, LOOK_MS);
    };
    wait();
  };
  const hung = (): Error | undefined => {
    if (!stall.isOver && wallNow() - moved < stallAtMost) return undefined;
    return new Error(`hangs: it got no further for ${Math.round((wallNow() - moved) / 1000)} s`);
  };
}
