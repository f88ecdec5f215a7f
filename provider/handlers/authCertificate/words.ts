/**
 * What is pending for the Auth certificate, as the last run or refresh saw it, in a line that `diff` prints. It is no input: an approved
 * plan must not die because a day has gone by.
 */
import { isoDay, isoSeconds } from "../../base/clock";
import type { JsonObject } from "../../base/json";
import { remaining, short } from "../../rotation/reasons";
import { clearDate, effectiveDate, isDue } from "./decide";
import { EFFECTIVE_AFTER, RENEW_BEFORE } from "./inputs";

/** Null where nothing is due: then nobody is contacted. @param olds outputs, @param news inputs */
export function pendingOf(olds: JsonObject, news: JsonObject, now: Date): string | null {
  const aim = { renewBefore: numberOf(news.renewBefore, RENEW_BEFORE), effectiveAfter: numberOf(news.effectiveAfter, EFFECTIVE_AFTER) };
  const [current, next, previous] = [olds.current, olds.next, olds.previous].map((one) => (typeof one === "string" ? one : null));
  const end = dateOf(olds.notAfter);
  const uploaded = typeof news.uploadedThumbprint === "string" ? news.uploadedThumbprint : null;
  if (current === null || end === null) return "the organisation has no Auth certificate: one is made and published at once";
  if (end < now) return at(`Auth certificate ${short(current)} expired on ${isoDay(end)}: another one is published at once`, end, now);
  if (next === null && uploaded !== null && uploaded !== current) {
    return at(`Auth certificate: ${short(uploaded)} follows ${short(current)}, which ends on ${isoDay(end)}`, end, now);
  }
  if (next === null && isDue({ notBefore: dateOf(olds.notBefore) ?? end, notAfter: end }, aim, now)) {
    if (olds.hybrid === true && uploaded === null) {
      return at(
        `Auth certificate ${short(current)} ends on ${isoDay(end)}; with hybrid nothing is done before uploadedThumbprint names the one that the tenant has`,
        end,
        now,
      );
    }
    const hours = Math.round((effectiveDate(end, aim.effectiveAfter, now).getTime() - now.getTime()) / 3_600_000);
    return at(
      `Auth certificate ${short(current)} ends on ${isoDay(end)}: a new one is made and becomes effective ${hours} h later`,
      end,
      now,
    );
  }
  const effective = dateOf(olds.nextEffective);
  if (next !== null && effective !== null && effective <= now) {
    return `Auth certificate ${short(next)} is effective since ${isoSeconds(effective)}: has Exchange published it?`;
  }
  const missing = Array.isArray(olds.missingOn) ? olds.missingOn.map(String) : [];
  if (missing.length > 0) return `drift: the Auth certificate is missing on ${missing.join(", ")}; \`pulumi up\` copies it there`;
  const since = dateOf(olds.previousSince);
  if (previous !== null && next === null && since !== null && clearDate(since, aim.effectiveAfter) <= now) {
    return `Auth certificate: the previous one, ${short(previous)}, is cleared on every server`;
  }
  return null;
}

/** What the first deployment does. */
export function firstWords({ renewBefore }: JsonObject): string {
  return `first deployment: the Auth certificate is looked at, and another one follows only where fewer than ${String(renewBefore)} days are left`;
}

const at = (sentence: string, end: Date, now: Date): string => `${sentence} (${remaining(isoSeconds(end), now)})`;
const numberOf = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

function dateOf(value: unknown): Date | null {
  const date = typeof value === "string" ? new Date(value) : null;
  return date === null || Number.isNaN(date.getTime()) ? null : date;
}

/** Words of changed arguments. */
export function changedWords(olds: JsonObject, news: JsonObject, names: readonly string[]): string {
  return `Auth certificate: ${names.map((name) => `${name} ${shown(olds[name])} → ${shown(news[name])}`).join(", ")}`;
}
const shown = (value: unknown): string =>
  typeof value === "string" ? short(value) : value === undefined || value === null ? "none" : String(value);
