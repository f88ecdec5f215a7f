/**
 * Clocks of an Edge and of the organisation. A subscription file is judged by the importing server: one from the future is
 * refused, and so is one whose 24 hours are nearly over (exchange.md 15.5).
 */
import { delay } from "../base/clock";
import { ExchangeError } from "../base/errors";
import type { Shell } from "./shell";

/** An Edge further ahead than this cannot be waited for. */
export const MAX_AHEAD_SECONDS = 300;
/** The file lives 24 hours and must have 5 minutes left; the window itself takes its time. */
export const MAX_BEHIND_SECONDS = 23 * 3600;

/** What a host's own clock shows: its records and logs are read by it. */
export async function hostTime(shell: Shell): Promise<Date> {
  return new Date((await shell.request("hello", {})).utc);
}

/** How far the Edge's clock is ahead of the organisation's, in seconds; negative: behind. */
export async function clockSkew(edge: Shell, organization: Shell): Promise<number> {
  const [there, here] = await Promise.all([hostTime(edge), hostTime(organization)]);
  return (there.getTime() - here.getTime()) / 1000;
}

/** Refuses clocks with which no subscription file could be accepted. @throws CLOCK_SKEW */
export async function refuseSkew(edge: Shell, organization: Shell): Promise<void> {
  const skew = await clockSkew(edge, organization);
  if (skew <= MAX_AHEAD_SECONDS && skew >= -MAX_BEHIND_SECONDS) return;
  const host = edge.facts.name;
  const amount = `${Math.round(Math.abs(skew) / 60)} min`;
  const text = `The clock of ${host} is ${amount} ${skew > 0 ? "ahead of" : "behind"} that of ${organization.facts.name}: its subscription file would be refused.`;
  throw new ExchangeError("CLOCK_SKEW", text, { host });
}

/** Waits until the organisation's clock has passed a moment of the Edge's clock (at most the skew that is tolerated). */
export async function waitUntilPast(organization: Shell, moment: Date, signal: AbortSignal): Promise<void> {
  for (;;) {
    const left = moment.getTime() - (await hostTime(organization)).getTime();
    if (left < 0) return;
    await delay(Math.min(left + 100, 5_000), signal);
  }
}
