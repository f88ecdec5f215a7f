/** How many Edges of a fleet may be out of service at once (docs/adr/0027). */
import * as pulumi from "@pulumi/pulumi";
import { ExchangeError } from "../../base/errors";

/** A number of Edges, or a share of the fleet: `"25%"`. */
export type MaxUnavailable = number | `${number}%`;

/**
 * Edges of `count` that may be out at once: a share is rounded down, and one is always allowed. What is known only later can be nothing but
 * one, because the order in which the Edges are declared depends on it. Errors: `INVALID_ARGUMENT`.
 */
export function unavailableOf(fleet: string, given: pulumi.Input<MaxUnavailable> | undefined, count: number): number {
  if (given === undefined) return 1;
  if (!pulumi.Output.isInstance(given) && !(given instanceof Promise)) return Math.min(numberOf(fleet, given, count), count);
  pulumi.output(given).apply((value) => {
    if (numberOf(fleet, value, count) > 1) throw refused(fleet, "must be known when the program runs, not an output of a resource");
  });
  return 1;
}

function numberOf(fleet: string, given: unknown, count: number): number {
  if (typeof given === "number" && Number.isInteger(given) && given >= 1) return given;
  const share = typeof given === "string" ? /^(\d{1,3})%$/.exec(given)?.[1] : undefined;
  if (share === undefined || Number(share) < 1 || Number(share) > 100)
    throw refused(fleet, `must be a whole number from 1, or a whole percentage from "1%" to "100%", not ${JSON.stringify(given)}`);
  return Math.max(1, Math.floor((count * Number(share)) / 100));
}

const refused = (fleet: string, what: string): ExchangeError =>
  new ExchangeError("INVALID_ARGUMENT", `EdgeFleet ${fleet}: maxUnavailable ${what}.`);
