/** Random cases: one to four faulted runs, each with one or two faults of any kind. */
import fc from "fast-check";
import type { Case, Fault } from "./cases";
import { OPERATOR_EDITS } from "./operatorEdits";
import type { OperatorEdit } from "./outside";
import { SHAPES } from "./programs";

const HOSTS = ["MBX01", "EDGE01", "EDGE02"];
const point = fc.nat(55);
const request = fc.nat(330);

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ at: fc.constant("point" as const), index: point, action: fc.constantFrom("kill" as const, "error" as const) }),
  fc.record({
    at: fc.constant("request" as const),
    index: request,
    verdict: fc.constantFrom("dieBefore" as const, "dieAfter" as const, "warn" as const),
  }),
  fc.record({
    at: fc.constant("lab" as const),
    fault: fc.record({
      host: fc.constantFrom(...HOSTS),
      nth: fc.integer({ min: 1, max: 200 }),
      at: fc.constantFrom("before" as const, "after" as const, "reply" as const),
      kind: fc.constantFrom("error" as const, "kill" as const, "disconnect" as const, "delay" as const, "hang" as const),
      ms: fc.constantFrom(0, 7_000, 45_000),
    }),
  }),
  fc.record({
    at: fc.constant("clock" as const),
    index: request,
    seconds: fc.constantFrom(-86_400, -300, 300, 86_400),
    host: fc.constantFrom(...HOSTS),
  }),
  fc.record({ at: fc.constant("reboot" as const), index: request, host: fc.constantFrom(...HOSTS) }),
  fc.record({
    at: fc.constant("operator" as const),
    index: request,
    edit: fc.constantFrom(...(Object.keys(OPERATOR_EDITS) as OperatorEdit[])),
  }),
);

/** Mostly single faults a run, one to four runs. */
const attempts = fc.array(fc.array(fault, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 4 });
const shapes = fc.constantFrom(SHAPES.overwrite, SHAPES.recreate, SHAPES.overwrite, SHAPES.recreate, SHAPES.flip);

export const randomCase: fc.Arbitrary<Case> = fc.record({ shape: shapes, attempts, noQuiet: fc.constant(true) });
