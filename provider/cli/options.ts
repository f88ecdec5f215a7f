/** Values of options that several commands take. */
import { InvalidArgumentError } from "commander";

/** `2026-12-01T08:00:00Z`, or a date alone. */
export function moment(text: string): Date {
  const value = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(value.getTime()))
    throw new InvalidArgumentError("must be a date like 2026-12-01T08:00:00Z.");
  return value;
}

/** How far back event logs are read where nobody says. */
export const DEFAULT_HOURS = 24;

export function hours(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= 8784) return value;
  throw new InvalidArgumentError("must be a number of hours, at most 8784 (a year).");
}
