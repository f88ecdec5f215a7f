/** Time as an argument: decisions get `now`, nothing below this file asks the machine. */

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** `now` of check and diff: `PULUMI_EXCHANGE_NOW` (ISO 8601) when set, else the machine's clock. */
export function currentTime(env: NodeJS.ProcessEnv = process.env): Date {
  const set = env.PULUMI_EXCHANGE_NOW;
  if (!set) return new Date();
  const parsed = new Date(set);
  return Number.isNaN(parsed.getTime()) ? new Date() : parsed;
}

/** `2026-12-01T08:30:00Z`: the form of every date in outputs. */
export function isoSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** `2026-12-01`: the form of a date inside a sentence. */
export function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Whole days from `now` to `then`, rounded down; negative once `then` has passed. */
export function daysUntil(then: Date, now: Date): number {
  return Math.floor((then.getTime() - now.getTime()) / DAY_MS);
}
/** Whole minutes since an ISO 8601 moment; 0 where clocks differ and it is still to come. */
export function minutesSince(since: string, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - new Date(since).getTime()) / 60_000));
}

/** Runs `run` every `ms` until the result is called; keeps no process alive. */
export function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  timer.unref();
  return () => clearInterval(timer);
}

/** Waits `ms`, or until `signal` aborts. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = setTimeout(done, ms);
    function done(): void {
      signal?.removeEventListener("abort", aborted);
      resolve();
    }
    function aborted(): void {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    }
    signal?.addEventListener("abort", aborted, { once: true });
  });
}
