/** What the runner and the processes that run test files tell each other, over Node's IPC channel. */
import type { Figures } from "./figures";

/** How a process runs its files; told once, as its argument. */
export interface WorkerOptions {
  /** Timeout of one test, unless it sets its own; in patient ms (patience.ts). */
  readonly testMilliseconds: number;
  /** A test that gets no further for so long has hung; in patient ms. */
  readonly stallMilliseconds: number;
  /** The same by the clock on the wall, in ms. */
  readonly stallAtMost: number;
  /** Only tests whose full title matches this regular expression. */
  readonly grep?: string;
  readonly color: boolean;
}

export type Order =
  /** `skip`: run nothing of it, for this reason, and name each test. */
  | { readonly file: string; readonly number: number; readonly skip?: string; readonly part?: readonly [k: number, n: number] }
  | { readonly end: true };

/** Mocha's own count at the end of a file. */
export interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
  /** Processor time in s: of the process that ran it and, on Linux, of the programs that it started and saw end. */
  readonly cpuSeconds?: number;
}

export type FileMessage =
  | { readonly kind: "started"; readonly title: string }
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly title: string; readonly why: string }
  | { readonly kind: "skipped"; readonly title: string }
  /** Something got further, or the process is alive at least. */
  | { readonly kind: "progress" }
  | { readonly kind: "alive" }
  | { readonly kind: "figures"; readonly figures: Figures }
  | { readonly kind: "end"; readonly counts: Counts };

/** The line on stdout and on stderr after which nothing of that file comes any more. */
export const endMark = (number: number): string => `\u0001end of file ${number}\u0001\n`;
