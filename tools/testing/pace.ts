/** Measures how slow the machine is at the moment, and tells every process of the run (patience.ts). */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PACE_VARIABLE, wallNow, type Pace } from "./patience";

/** The work of one measurement takes an idle core of an ordinary machine this long, in ms (2 GHz and more, Node 22 and newer). */
const IDLE_MS = 20;
const ROUNDS = 15_000_000;
/** Between two measurements, in ms: they cost one core less than one percent. */
const EVERY_MS = 2_500;
/** A slow moment counts for so many measurements: what began in it is still under way, and a measurement can have luck. */
const REMEMBERED = 5;
const MOST = 20;

/** Slowness by the latest measurements. */
export function slownessOf(measured: readonly number[]): number {
  return Math.min(MOST, Math.max(1, ...measured.slice(-REMEMBERED)));
}

/** Wall time of a fixed piece of work by that of an idle machine. */
export function measure(): number {
  const began = wallNow();
  let state = 1;
  for (let round = 0; round < ROUNDS; round++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  if (state === 0.5) throw new Error("never: it keeps the loop from being left out");
  return (wallNow() - began) / IDLE_MS;
}

export class PaceKeeper {
  private readonly folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-pace-"));
  private readonly file = join(this.folder, "pace");
  private readonly timer: NodeJS.Timeout;
  private now: Pace = { at: wallNow(), patient: 0, slowness: 1 };
  private most = 1;
  private measured: number[] = [];
  private readonly began = wallNow();

  /** Begins to measure; processes that are started from now on read along. */
  constructor() {
    measure(); // the first one is compiled meanwhile
    this.look();
    process.env[PACE_VARIABLE] = this.file;
    this.timer = setInterval(() => this.look(), EVERY_MS);
    this.timer.unref();
  }

  end(): void {
    clearInterval(this.timer);
    delete process.env[PACE_VARIABLE];
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** For people: how slow it was on average, and at most. */
  get words(): string {
    this.look();
    const average = (wallNow() - this.began) / Math.max(1, this.now.patient);
    return `the machine was ${average.toFixed(1)} times slower than an idle one, at most ${this.most.toFixed(1)} times`;
  }

  private look(): void {
    this.measured = [...this.measured, measure()].slice(-REMEMBERED);
    const slowness = slownessOf(this.measured);
    const at = wallNow();
    this.now = { at, patient: this.now.patient + (at - this.now.at) / this.now.slowness, slowness };
    this.most = Math.max(this.most, slowness);
    const next = `${this.file}.next`;
    writeFileSync(next, `${at} ${this.now.patient} ${slowness}`);
    renameSync(next, this.file);
  }
}
