/**
 * Clocks of an Edge and of the organisation. A subscription file is judged by the importing server: one from the future is
 * refused, and so is one whose 24 hours are nearly over (exchange.md 15.5).
 */
import { ExchangeError } from "../base/errors";
import { pause, standing } from "../remote/readings";
import type { HostFacts } from "../remote/protocol";
import type { Shell } from "./shell";

/** An Edge further ahead than this cannot be waited for. */
export const MAX_AHEAD_SECONDS = 300;
/** The file lives 24 hours and must have 5 minutes left; the window itself takes its time. */
export const MAX_BEHIND_SECONDS = 23 * 3600;

/** Host → what its clock showed, and when by this machine's stopwatch. */
const clocks = new Map<string, { utc: number; at: number }>();
/** Older looks do not say any more what a host's clock shows, in ms: longer than a restart of AD LDS takes. */
const CLOCK_MS = 300_000;

/** The host's facts of this moment, its clock among them. */
export async function factsNow(shell: Shell): Promise<HostFacts> {
  const facts = await shell.request("hello", {});
  clocks.set(shell.facts.fqdn.toLowerCase(), { utc: new Date(facts.utc).getTime(), at: performance.now() });
  return facts;
}

/** The host's clock as it was told within the last minutes; null where it was not. */
export function knownTime(shell: Shell): Date | null {
  const clock = clocks.get(shell.facts.fqdn.toLowerCase());
  const age = clock ? performance.now() - clock.at : 0;
  return clock && age <= CLOCK_MS ? new Date(clock.utc + age) : null;
}

/** What a host's own clock shows: its records and logs are read by it. */
export async function hostTime(shell: Shell): Promise<Date> {
  return new Date((await factsNow(shell)).utc);
}

/** How far the Edge's clock is ahead of the organisation's, in seconds; negative: behind. */
export async function clockSkew(edge: Shell, organization: Shell): Promise<number> {
  const [there, here] = await Promise.all([hostTime(edge), hostTime(organization)]);
  return (there.getTime() - here.getTime()) / 1000;
}

/** Refuses clocks with which no subscription file could be accepted. @throws CLOCK_SKEW */
export async function refuseSkew(edge: Shell, organization: Shell): Promise<void> {
  const skew = await standing(`skew ${edge.facts.fqdn} ${organization.facts.fqdn}`, () => clockSkew(edge, organization));
  if (skew > MAX_AHEAD_SECONDS || skew < -MAX_BEHIND_SECONDS) throw skewed(edge.facts.name, organization.facts.name, skew);
}

function skewed(host: string, organization: string, skew: number): ExchangeError {
  const amount = `${Math.round(Math.abs(skew) / 60)} min`;
  const text = `The clock of ${host} is ${amount} ${skew > 0 ? "ahead of" : "behind"} that of ${organization}: its subscription file would be refused.`;
  return new ExchangeError("CLOCK_SKEW", text, { host });
}

/**
 * Waits until the organisation's clock has passed a moment of the Edge's clock; `seen`: what it showed just now.
 * @throws CLOCK_SKEW where a clock has jumped since `refuseSkew`
 */
export async function waitUntilPast(
  organization: Shell,
  moment: Date,
  signal: AbortSignal,
  { seen, edge = "the Edge" }: { seen?: Promise<Date>; edge?: string } = {},
): Promise<void> {
  let now = await (seen ?? hostTime(organization));
  for (;;) {
    const left = moment.getTime() - now.getTime();
    if (left < 0) return;
    if (left > 2 * MAX_AHEAD_SECONDS * 1000) throw skewed(edge, organization.facts.name, left / 1000);
    await pause(Math.min(left + 100, 5_000), signal);
    now = await hostTime(organization);
  }
}
