/** What was seen of a point. An answer is a set of values that fit: one is known, several are not told apart, none was not seen. */
import { asExchangeError } from "../../base/errors";
import { briefly } from "../exit";
import { POINTS, type PointName, type PointValue } from "./points";

export interface Answer {
  /** Values that fit what was seen; empty: not seen. */
  fits: readonly PointValue[];
  /** What was seen, or why nothing was. */
  seen: string;
  /** The question itself failed, as opposed to having met nothing that answers it. */
  failed?: true;
}
export interface Observation extends Answer {
  host: string;
}

export const seen = (value: PointValue, what: string): Answer => ({ fits: [value], seen: what });
export const among = (values: readonly PointValue[], what: string): Answer => ({ fits: values, seen: what });
export const notSeen = (why: string): Answer => ({ fits: [], seen: why });

/** A question whose answer is an error that it did not expect. */
export function failed(error: unknown): Answer {
  const { details } = asExchangeError(error);
  // An open point of its own, agentOperations, says so.
  if (details.class === "UnknownOperation") return notSeen("the agent does not know what it takes");
  return { fits: [], seen: briefly(error), failed: true };
}

export interface Outcome {
  point: PointName;
  /** `as assumed`, `differs`, `open` (several values fit), `contradictory` (hosts disagree), `not seen`, `not asked`. */
  verdict: "as assumed" | "differs" | "open" | "contradictory" | "not seen" | "not asked";
  /** The one value that fits everything that was seen; null where there is none. */
  value: PointValue | null;
  observations: Observation[];
}

/** What all hosts together say of a point. */
export function outcomeOf(point: PointName, observations: Observation[]): Outcome {
  const telling = observations.filter(({ fits }) => fits.length > 0);
  if (observations.length === 0) return { point, verdict: "not asked", value: null, observations };
  if (telling.length === 0) return { point, verdict: "not seen", value: null, observations };
  const { values, assumed } = POINTS[point];
  const left = values.filter((value) => telling.every(({ fits }) => fits.includes(value)));
  if (left.length === 0) return { point, verdict: "contradictory", value: null, observations };
  if (left.length > 1) return { point, verdict: "open", value: null, observations };
  return { point, verdict: left[0] === assumed ? "as assumed" : "differs", value: left[0], observations };
}
