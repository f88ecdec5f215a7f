/**
 * Time that jumps instead of passing: what waits (the provider between two looks, a service that starts) moves the clocks of
 * the whole process forward and goes on at once. A rotation with EdgeSync's five minutes of refusal takes milliseconds, with
 * every deadline and expiry where it would be.
 */
import * as clock from "../../../provider/base/clock";
import { LabClock } from "../../../lab/model/clock";
import { PFX_PASSWORD } from "../../../lab/model/issuance";
import { openContainer } from "../../../provider/pki/pfx-codec";
import * as certificates from "../../../provider/pki/certificate";
import type { Certificate } from "../../../provider/pki";
import * as pfx from "../../../provider/pki/pfx";
import * as thread from "../../../provider/pki/pfx-thread";
import { writeContainer } from "../../../provider/pki/pfx-writer";

const RealDate = Date;
let ahead = 0;
let installed = false;

class JumpingDate extends RealDate {
  constructor(...parts: unknown[]) {
    if (parts.length === 0) super(RealDate.now() + ahead);
    else super(...(parts as [number]));
  }
  static override now(): number {
    return RealDate.now() + ahead;
  }
}

/** Timers that repeat, by the jumping clock: a lease is renewed while its holder waits. */
interface Interval {
  run: () => void;
  period: number;
  next: number;
}
const intervals = new Set<Interval>();

/** As `setInterval`; the result ends it. */
export function every(period: number, run: () => void): () => void {
  const interval = { run, period, next: JumpingDate.now() + period };
  intervals.add(interval);
  return () => intervals.delete(interval);
}

/** Moves every clock of this process forward, and runs what falls due on the way. */
function jump(ms: number): void {
  ahead += ms;
  passed += ms;
  const now = JumpingDate.now();
  for (const interval of intervals) {
    if (interval.next > now) continue;
    interval.next = now + interval.period;
    interval.run();
  }
}
let passed = 0;
const stopwatch = performance.now.bind(performance);

/** Every world begins at the same moment: certificates are then the same, and ends can be compared. */
export function beginAnew(): void {
  if (installed) ahead = start - RealDate.now();
}
let start = 0;

/** Milliseconds since the world began. */
export function passedSinceStart(): number {
  return Date.now() - start;
}
/** The clocks show that time from now on. */
export function setTime(ms: number): void {
  ahead = ms - RealDate.now();
}
/** Lets time pass until so many milliseconds after the world began. */
export function passUntil(ms: number): void {
  jump(Math.max(0, ms - passedSinceStart()));
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const real = {
  readCertificate: certificates.readCertificate,
  delay: clock.delay,
  openPfx: pfx.openPfx,
  runPfxThread: thread.runPfxThread,
  wait: Object.getOwnPropertyDescriptor(LabClock.prototype, "wait")!,
};

async function jumpingDelay(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  jump(ms);
  await turn();
  signal?.throwIfAborted();
}

/** The same work without a thread: a thread's start is real time, and there are thousands. */

const inlinePfx: typeof thread.runPfxThread = async (request) =>
  request.kind === "open"
    ? { opened: openContainer(request.der, request.password) }
    : { written: writeContainer({ ...request.parts, iterations: 1 }) };

/** What the scenario issued is the same in every world: opened once. Containers under passwords of a run are opened each time. */
const opened = new Map<string, ReturnType<typeof pfx.openPfx>>();
const openOnce: typeof pfx.openPfx = async (der, password) => {
  if (password !== PFX_PASSWORD) return real.openPfx(der, password);
  const key = Buffer.from(der).toString("latin1");
  const bundle = opened.get(key) ?? real.openPfx(der, password);
  opened.set(key, bundle);
  return { ...(await bundle) };
};

/** Parsed once: every look at a store reads the same few certificates. Each caller has a copy, as before. */
const parsed = new Map<string, Certificate>();
const readOnce: typeof certificates.readCertificate = (input) => {
  const key = typeof input === "string" ? input : Buffer.from(input).toString("latin1");
  const known = parsed.get(key) ?? real.readCertificate(input);
  parsed.set(key, known);
  return { ...known };
};

async function jumpingWait(this: LabClock, seconds: number): Promise<void> {
  jump(this.scaled(seconds));
  this.settle();
  await turn();
}

/** Waits jump from now on, in provider and lab alike. */
export function installVirtualTime(): void {
  if (installed) return;
  installed = true;
  start = RealDate.now();
  globalThis.Date = JumpingDate as DateConstructor;
  performance.now = () => stopwatch() + passed;
  Object.assign(clock, { delay: jumpingDelay });
  Object.assign(thread, { runPfxThread: inlinePfx });
  Object.assign(pfx, { openPfx: openOnce });
  Object.assign(certificates, { readCertificate: readOnce });
  LabClock.prototype.wait = jumpingWait;
}

/** Waits take their time again; the clocks stay where they are. */
export function restoreTime(): void {
  if (!installed) return;
  installed = false;
  globalThis.Date = RealDate;
  performance.now = stopwatch;
  ahead = 0;
  Object.assign(clock, { delay: real.delay });
  Object.assign(thread, { runPfxThread: real.runPfxThread });
  Object.assign(pfx, { openPfx: real.openPfx });
  Object.assign(certificates, { readCertificate: real.readCertificate });
  Object.defineProperty(LabClock.prototype, "wait", real.wait);
}

/** Declares hooks: virtual time for the suite. */
export function withVirtualTime(): void {
  before(installVirtualTime);
  after(restoreTime);
}
