/** One case: v1 adopted, a rotation with faults, clean runs, and the second opinion on all of it. */
import type { FaultSpec } from "../../../lab/doors/faults";
import type { Violation } from "./violations";
import type { Shape } from "./programs";
import type { OperatorEdit } from "./outside";
import type { Point } from "./provider";
import type { Sent, Verdict } from "./wire";

/** One fault, as data: it can be printed, sent to a worker and shrunk. Indexes count within one run. */
export type Fault =
  | { at: "point"; index: number; action: "kill" | "error" }
  | { at: "named"; point: string; action: "kill" | "error" }
  | { at: "call"; call: string; nth: number; verdict: Exclude<Verdict, "pass"> }
  | { at: "rival"; index: number; edges?: string[]; same?: boolean }
  | { at: "request"; index: number; verdict: Exclude<Verdict, "pass"> }
  | { at: "lab"; fault: Partial<FaultSpec> & Pick<FaultSpec, "at" | "kind"> }
  | { at: "reboot"; index: number; host: string }
  | { at: "operator"; index: number; edit: OperatorEdit }
  | { at: "clock"; index: number; seconds: number; host: string };
export type RivalFault = Extract<Fault, { at: "rival" }>;
export interface Case {
  shape: Shape;
  /** The faults of each run that meets some; clean runs follow. */
  attempts: Fault[][];
  /** Program of the clean runs; default: the rotation's own. */
  goal?: Shape;
  toggles?: { [name: string]: string | number | boolean };
  /** Name of a seeded bug, planted into every provider of the case. */
  plant?: string;
  /** Skip the run after the end that must change nothing. */
  noQuiet?: boolean;
  /** Concluded by itself, even if a world like its own has been. */
  alone?: boolean;
}
export interface Outcome {
  violations: Violation[];
  /** Clean runs until the goal was reached; 0 = the faulted run itself reached it; null = never. */
  cleanRuns: number | null;
  errors: string[];
  /** Fail points and requests of the first faulted run. */
  points: Point[];
  requests: Sent[];
  mails: number;
  /** What the end looks like, in short: equal ends have equal ones. */
  end: string;
  /** What the world looked like before its clean runs; null: like no other one (known.ts). */
  world: string | null;
  /** Such a world had been concluded already. */
  known?: boolean;
}
/** An outcome in one line. */
export function describeOutcome({ violations, cleanRuns, errors }: Outcome): string {
  const runs = cleanRuns === null ? "did not converge" : `${cleanRuns} clean runs`;
  const short = (line: string): string => line.replace(/ Hint: .*/s, "").slice(0, 300);
  return [runs, ...violations.map((one) => `${one.invariant}: ${one.text}`), ...errors.map((one) => `(${short(one)})`)].join("\n      ");
}
