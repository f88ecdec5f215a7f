/** Family 1: every step, at every position, ends with the process, ours or the host's; then clean runs. */
import assert from "node:assert/strict";
import { describeOutcome, runCase, type Case, type Outcome } from "../support/faults/cases";
import type { Shape } from "../support/faults/programs";
import type { Point } from "../support/faults/provider";
import { begin, count } from "../support/faults/report";
import { withVirtualTime } from "../support/faults/virtualTime";

const FAMILY = "1 kill at every step";
const SHAPES: { [name: string]: Shape } = {
  overwrite: { certificate: "v2" },
  recreate: { certificate: "v2", method: "recreate" },
  flip: { certificate: "v3", edges: ["EDGE01", "EDGE02"], connector: true },
};
const say = describeOutcome;

async function mustConverge(spec: Case, what: string): Promise<void> {
  const outcome = await runCase(spec);
  count(FAMILY, outcome);
  assert.ok(outcome.cleanRuns !== Infinity && outcome.violations.length === 0, `${what}: ${say(outcome)}`);
}

/** All cases are tried before the first is reported, so that one defect shows all its faces. */
async function all(cases: [string, Case][]): Promise<void> {
  const failures: string[] = [];
  for (const [what, spec] of cases) await mustConverge(spec, what).catch((error: Error) => failures.push(error.message));
  assert.equal(failures.length, 0, `${failures.length} of ${cases.length}:\n${failures.join("\n")}`);
}

describe("kill at every step", function () {
  withVirtualTime();
  before(() => begin(FAMILY));

  for (const [name, shape] of Object.entries(SHAPES)) {
    describe(name, () => {
      let clean: Outcome;
      before(async () => {
        clean = await runCase({ shape, attempts: [{}] });
        assert.deepEqual([clean.violations, clean.cleanRuns], [[], 0], say(clean));
      });
      const at = (index: number, action: "kill" | "error"): Case => {
        let seen = 0;
        return { shape, attempts: [{ hooks: { onPoint: () => (seen++ === index ? action : undefined) } }] };
      };
      const label = ({ host, step, position }: Point): string => `${host}/${step}.${position}`;

      it("provider killed at every fail point", () => all(clean.trace.points.map((point, index) => [label(point), at(index, "kill")])));
      it("an error at every fail point", () => all(clean.trace.points.map((point, index) => [label(point), at(index, "error")])));
      it("provider killed before and after every call that writes", () => {
        const calls = clean.trace.requests.map((request, index) => ({ ...request, index })).filter((one) => one.mutating || one.writes);
        return all(
          calls.flatMap(({ host, call, index }) =>
            (["dieBefore", "dieAfter"] as const).map((verdict): [string, Case] => {
              let seen = 0;
              const onRequest = (): typeof verdict | "pass" => (seen++ === index ? verdict : "pass");
              return [`${host} ${call} #${index} ${verdict}`, { shape, attempts: [{ hooks: { onRequest } }] }];
            }),
          ),
        );
      });
      it("host process killed before, after and in the reply of every call that writes", () => {
        const seen = new Map<string, number>();
        const calls = clean.trace.requests
          .filter((one) => one.mutating || one.writes)
          .map(({ host, call }) => {
            const nth = (seen.get(host + call) ?? 0) + 1;
            seen.set(host + call, nth);
            return { host, call: historyName(call), nth };
          });
        return all(
          calls.flatMap(({ host, call, nth }) =>
            (["before", "after", "reply"] as const).map((position): [string, Case] => [
              `${host} ${call} ${nth} ${position}`,
              { shape, attempts: [{ faults: [{ host, cmdlet: call, nth, at: position, kind: "kill" }] }] },
            ]),
          ),
        );
      });
    });
  }
});

/** Services carry Windows' verbs in the lab's record. */
function historyName(call: string): string {
  const verb = /^service\.(.)(.*)$/.exec(call);
  return verb ? `${verb[1]!.toUpperCase()}${verb[2]!}-Service` : call;
}
