/**
 * When a certificate's remaining life becomes a matter to act on. Certificates live for years or for days (public ones 200 days since
 * March 2026, 100 from 2027, 47 from 2029), so a limit is the smaller of fixed days and a share of the whole life. Pure.
 */
import { DAY_MS, HOUR_MS } from "../base/clock";
import { plural } from "../base/text";

/** From when to when a certificate is valid. */
export interface Life {
  notBefore: Date;
  notAfter: Date;
}

/** The smaller of both counts: `{days: 30, share: 1 / 6}` is 30 days of a year's certificate, 7.8 of 47 days. */
export interface Limit {
  /** Days left; Infinity = only the share counts. */
  days: number;
  /** Share of the whole life, more than 0 and at most 1; 1 = only the days count. */
  share: number;
}

/** Below `red` it is urgent, below `yellow` it is time to plan. */
export interface Thresholds {
  red: Limit;
  yellow: Limit;
}

/** The defaults: HealthChecker's 30 and 60 days, and a sixth and a third of the life. */
export const THRESHOLDS: Thresholds = { red: { days: 30, share: 1 / 6 }, yellow: { days: 60, share: 1 / 3 } };

export type Light = "expired" | "red" | "yellow" | "green";

/** How much life is left when a limit is reached, in ms. */
export function limitOf({ notBefore, notAfter }: Life, { days, share }: Limit): number {
  return Math.min(days * DAY_MS, share * Math.max(0, notAfter.getTime() - notBefore.getTime()));
}

/** Whether less is left than the limit; what has expired is below every limit. */
export function isBelow(life: Life, limit: Limit, now: Date): boolean {
  const left = life.notAfter.getTime() - now.getTime();
  return left < 0 || left < limitOf(life, limit);
}

/**
 * The light of a certificate at `now`.
 *
 * ```ts
 * judge({ notBefore: new Date("2029-06-01"), notAfter: new Date("2029-07-18") }, new Date("2029-07-12")); // "red": 6 of 47 days left
 * ```
 */
export function judge(life: Life, now: Date, { red, yellow }: Thresholds = THRESHOLDS): Light {
  if (life.notAfter < now) return "expired";
  if (isBelow(life, red, now)) return "red";
  return isBelow(life, yellow, now) ? "yellow" : "green";
}

/** `9 days`, under two days `31 hours`, `expired 3 days ago`. */
export function leftInWords(notAfter: Date, now: Date): string {
  const left = notAfter.getTime() - now.getTime();
  if (left < 0) return `expired ${plural(Math.floor(-left / DAY_MS), "day")} ago`;
  return left < 2 * DAY_MS ? plural(Math.floor(left / HOUR_MS), "hour") : plural(Math.floor(left / DAY_MS), "day");
}

const NAMED: readonly (readonly [number, string])[] = [
  [1 / 2, "half"],
  [1 / 3, "a third"],
  [1 / 4, "a quarter"],
  [1 / 5, "a fifth"],
  [1 / 6, "a sixth"],
];

/** `under 30 days or a sixth of the life`. */
export function limitInWords({ days, share }: Limit): string {
  const named = NAMED.find(([value]) => Math.abs(value - share) < 1e-9)?.[1] ?? `${Number((share * 100).toFixed(2))} %`;
  const parts = [
    ...(Number.isFinite(days) ? [plural(Number(days.toFixed(2)), "day")] : []),
    ...(share < 1 ? [`${named} of the life`] : []),
  ];
  return `under ${parts.join(" or ")}`;
}

/**
 * Reads `30`, `30d`, `1/6`, `15%`, or days and a share with a comma between; null for anything else.
 * A share stands as a fraction or with a percent sign, so that no number can mean both.
 */
export function parseLimit(text: string): Limit | null {
  const parts = text.split(",").map((part) => part.trim());
  const days = parts.map(daysIn).filter((value) => value !== null);
  const shares = parts.map(shareIn).filter((value) => value !== null);
  if (days.length > 1 || shares.length > 1 || days.length + shares.length !== parts.length) return null;
  return { days: days[0] ?? Infinity, share: shares[0] ?? 1 };
}

function daysIn(text: string): number | null {
  const [, number] = /^(\d{1,5}(?:\.\d{1,3})?)\s*d?$/.exec(text) ?? [];
  const value = Number(number);
  return number !== undefined && value > 0 ? value : null;
}

function shareIn(text: string): number | null {
  const [, percent, top, bottom] = /^(?:(\d{1,3}(?:\.\d{1,3})?)\s*%|(\d{1,3})\/(\d{1,3}))$/.exec(text) ?? [];
  const value = percent !== undefined ? Number(percent) / 100 : Number(top) / Number(bottom);
  return value > 0 && value < 1 ? value : null;
}
