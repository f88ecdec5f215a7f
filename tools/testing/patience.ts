/**
 * Deadlines in patient time: a second of it is as long as an idle, ordinary machine takes for what this one does in a second and
 * more while others use it too. The runner measures how slow the machine is (pace.ts) and writes it into a file that every process
 * below it reads; without a runner patient time is ordinary time. Works under replaced clocks: it asks the machine's own.
 */
import { readFileSync } from "node:fs";
import { setTimeout as realDelay } from "node:timers/promises";

/** The variable that names the file: `<moment> <patient time> <slowness>`, times in ms. */
export const PACE_VARIABLE = "TESTS_PACE";

export interface Pace {
  /** When it was measured, by `wallNow`. */
  readonly at: number;
  /** Patient time then. */
  readonly patient: number;
  /** How many times slower than an idle machine; at least 1. */
  readonly slowness: number;
}

/** How long a measurement is believed without looking again, in ms. */
const FRESH_MS = 200;
/** Between two looks at a condition, in ms. */
const LOOK_MS = 5;

const machineTime = process.hrtime.bigint.bind(process.hrtime);
const setRealTimeout = setTimeout;

/** Milliseconds by a clock that runs evenly and is the same one in all processes of the machine. */
export const wallNow = (): number => Number(machineTime() / 1_000n) / 1_000;

let known: Pace = { at: 0, patient: 0, slowness: 1 };
let readAt = -Infinity;

/** The latest measurement. */
export function pace(): Pace {
  const file = process.env[PACE_VARIABLE];
  const now = wallNow();
  if (file === undefined || now - readAt < FRESH_MS) return known;
  readAt = now;
  known = parsePace(readIfThere(file)) ?? known;
  return known;
}

/** `undefined` for a text that is no measurement. */
export function parsePace(text: string): Pace | undefined {
  const [at, patient, slowness] = text.split(" ").map(Number);
  return slowness >= 1 && Number.isFinite(at) && Number.isFinite(patient) ? { at, patient, slowness } : undefined;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the runner has ended
  }
}

/** Patient milliseconds since some moment, the same one for all processes of a run. */
export function patientNow(): number {
  const { at, patient, slowness } = pace();
  return patient + Math.max(0, wallNow() - at) / slowness;
}

/** How many times slower than an idle machine this one is at the moment; at least 1. */
export const slowness = (): number => pace().slowness;

/** A deadline so many patient milliseconds from now; `refresh` begins it anew. */
export class Deadline {
  private began = patientNow();

  constructor(private readonly ms: number) {}

  get isOver(): boolean {
    return patientNow() - this.began >= this.ms;
  }

  refresh(): void {
    this.began = patientNow();
  }
}

/** Calls `work` when so many patient milliseconds have passed; `refresh` begins anew, `clear` ends it. */
export function patientTimer(ms: number, work: () => void): { refresh(): void; clear(): void } {
  const deadline = new Deadline(ms);
  const look = Math.min(Math.max(ms / 20, 20), 500);
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    timer = setRealTimeout(() => (deadline.isOver ? work() : wait()), look);
  };
  wait();
  return { refresh: () => deadline.refresh(), clear: () => clearTimeout(timer) };
}

/** Fails with `hangs: no end within … ms` when `task` takes longer than so many patient milliseconds. */
export function within<T>(task: Promise<T>, ms: number, what = "hangs"): Promise<T> {
  let timer: ReturnType<typeof patientTimer> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = patientTimer(ms, () => reject(new Error(`${what}: no end within ${ms} ms`)));
  });
  return Promise.race([task, limit]).finally(() => timer?.clear());
}

/** Waits for a condition, patiently; throws naming `what` when it does not come true. */
export async function until<T>(what: string, probe: () => T | Promise<T>, deadlineMs = 5000): Promise<NonNullable<T>> {
  const deadline = new Deadline(deadlineMs);
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (deadline.isOver) throw new Error(`Not within ${deadlineMs} ms: ${what}.`);
    await realDelay(LOOK_MS);
  }
}

let heard: (() => void) | undefined;

/** Something of a long test has got further: what watches it for a standstill begins anew. */
export function progress(): void {
  heard?.();
}

/** Who is told of progress in this process: the one that runs the tests. */
export function onProgress(listener: () => void): void {
  heard = listener;
}
