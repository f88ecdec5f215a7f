/** The dates of a subscription file: judged by the importing server's clock (exchange.md 15.5). */
import { ExchangeError } from "../base/errors";
import { MAX_AHEAD_SECONDS } from "./clocks";

/** What the export is asked for: Exchange's own default, so that no build's other one counts. */
export const FILE_LIFE_SECONDS = 24 * 3600;
/** What must be left of it at the import. */
const LEFT_SECONDS = 300;

/** .NET counts ticks of 100 ns from the year 1. */
const EPOCH_TICKS = 621_355_968_000_000_000n;
const TICKS_PER_MS = 10_000n;

export interface FileDates {
  from: Date;
  until: Date;
}

/** Null where the file prints its dates in another form than ticks: what cannot be read is left to the import. */
export function datesOf(file: Buffer): FileDates | null {
  const text = file.toString("utf8");
  const [effective, duration] = ["EffectiveDate", "Duration"].map(
    (name) => new RegExp(`<${name}>\\s*(\\d{1,19})\\s*</${name}>`).exec(text)?.[1],
  );
  if (effective === undefined || duration === undefined) return null;
  const from = Number((BigInt(effective) - EPOCH_TICKS) / TICKS_PER_MS);
  const until = from + Number(BigInt(duration) / TICKS_PER_MS);
  return [from, until].every((one) => Math.abs(one) < 8.64e15) ? { from: new Date(from), until: new Date(until) } : null;
}

/** A file that the organisation would refuse by its dates, `today` by its clock, now or when it is imported. @throws SUBSCRIPTION_FILE_DATES */
export function refuseDates(file: Buffer, today: Date, organization: string, edge: string): void {
  const dates = datesOf(file);
  if (!dates) return;
  const now = today.getTime();
  const early = dates.from.getTime() - now > MAX_AHEAD_SECONDS * 1000;
  const late = now + LEFT_SECONDS * 1000 > dates.until.getTime();
  if (!early && !late) return;
  const life = `from ${dates.from.toISOString()} to ${dates.until.toISOString()}`;
  const sentence = `${edge}: the subscription file counts ${life}, and on ${organization} it is ${new Date(now).toISOString()}: its import would be refused.`;
  throw new ExchangeError("SUBSCRIPTION_FILE_DATES", sentence, { host: edge });
}
