/** Values of options that several commands take. */
import { InvalidArgumentError } from "commander";

/** `2026-12-01T08:00:00Z`, or a date alone. */
export function moment(text: string): Date {
  const value = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(value.getTime()))
    throw new InvalidArgumentError("must be a date like 2026-12-01T08:00:00Z.");
  return value;
}
