/**
 * Time that jumps instead of passing: what waits (the provider between two looks, a service that starts) moves the clocks of
 * the whole process forward and goes on at once. A rotation with EdgeSync's five minutes of refusal takes milliseconds, with
 * every deadline and expiry where it would be. Messages take a millisecond each; nothing else moves the clocks, so that a case
 * runs the same way each time.
 */
import { AsyncLocalStorage } from "node:async_hooks";
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
/** When the first world began, by the machine's clock, and how far it is past that. */
let start = 0;
let ahead = 0;
let installed = false;

class JumpingDate extends RealDate {
  constructor(...parts: unknown[]) {
    if (parts.length === 0) super(start + ahead);
    else super(...(parts as [number]));
  }
  static override now(): number {
    return start + ahead;
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
  // a real timer runs in the context that began it, not in that of whoever moves the clock
  const inContext = AsyncLocalStorage.snapshot();
  const interval = { run: () => inContext(() => around(run)), period, next: JumpingDate.now() + period };
  intervals.add(interval);
  return () => intervals.delete(interval);
}

/** Moves every clock of this process forward, and runs what falls due on the way. */
function jump(ms: number): void {
  moves += 1;
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
let moves = 0;
let around = (run: () => void): void => run();

/** How what repeats is called: for whoever counts the work beside it. */
export function aside(call: typeof around): void {
  around = call;
}

/** A message on its way. */
export function tick(): void {
  ahead += 1;
  passed += 1;
  moves += 1;
}

/** Every world begins at the same moment: certificates are then the same, and ends can be compared. */
export function beginAnew(): void {
  ahead = 0;
}

/** Milliseconds since the world began. */
export function passedSinceStart(): number {
  return ahead;
}
/** The clocks show that time from now on. */
export function setTime(ms: number): void {
  ahead = ms - start;
}
/** Lets time pass until so many milliseconds after the world began. */
export function passUntil(ms: number): void {
  jump(Math.max(0, ms - passedSinceStart()));
}

/** When something that repeats falls due next, in milliseconds since the world began. */
export function nextInterval(): number {
  return Math.min(...[...intervals].map(({ next }) => next - start));
}

/** Time that passes in steps, so that what repeats happens when it would. */
const STEP_MS = 5_000;
const TURNS = 12;
/** Nothing moves any more after so many turns without a message or a jump. */
const STILL = 40;

/** Resolves once everybody waits for something that does not come. */
export async function stillness(): Promise<void> {
  let last = moves;
  for (let still = 0; still < STILL; still++) {
    await turn();
    if (moves === last) continue;
    last = moves;
    still = 0;
  }
}

/** Lets time pass until that moment, or until `over`. */
export async function passTo(moment: number, over: () => boolean): Promise<void> {
  while (JumpingDate.now() < moment && !over()) {
    jump(Math.min(STEP_MS, moment - JumpingDate.now()));
    for (let count = 0; count < TURNS && !over(); count++) await turn();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const real = { readCertificate: certificates.readCertificate, openPfx: pfx.openPfx };

async function jumpingDelay(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  jump(ms);
  // Others do meanwhile what they do in such a time: renew a lease, answer.
  for (let count = 0; count < (ms >= 1_000 ? TURNS : 1); count++) await turn();
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
  performance.now = () => passed;
  Object.assign(clock, { delay: jumpingDelay, every });
  Object.assign(thread, { runPfxThread: inlinePfx });
  Object.assign(pfx, { openPfx: openOnce });
  Object.assign(certificates, { readCertificate: readOnce });
  LabClock.prototype.wait = jumpingWait;
}
