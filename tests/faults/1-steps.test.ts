/**
 * Family 1: every step, at every position, ends with the process, ours or the host's; then clean runs. Family 7, second half: after
 * every failing step, error or kill, the user goes back to the old program. Both begin the same, so they are grown together.
 */
import assert from "node:assert/strict";
import { describeOutcome, type Fault, type Outcome } from "../support/faults/cases";
import { family, inParts, isFull, isGood, isOver, mustConverge, mustGrow, one, type Labelled } from "../support/faults/families";
import { LATE, SHAPES, type Shape } from "../support/faults/programs";
import { QUIET_EVERY } from "../support/faults/tree";
import { historyName } from "../support/faults/wire";

const FAMILY = "1 killed at every step";
const BACK = "7 back to the old program";

describe("killed at every step", function () {
  family(FAMILY, BACK);
  for (const [name, shape] of Object.entries(SHAPES)) {
    describe(name, () => {
      const goals = [shape, { ...shape, certificate: "v1" }];
      let clean: Outcome;
      before(async () => {
        clean = await one({ shape, attempts: [[]] });
        assert.ok(isGood(clean) && clean.cleanRuns === 0, describeOutcome(clean));
      });
      it("provider killed at every fail point; then forward, and back with --refresh", async () => {
        const { all } = await mustGrow(FAMILY, inParts({ shape, before: [], kills: ["points"], goals }), BACK);
        assert.ok(isOver() || all === clean.points.length);
      });
      it("an error at every fail point; then forward, and back", async () => {
        const { all } = await mustGrow(FAMILY, inParts({ shape, before: [], errors: true, goals }), BACK);
        assert.ok(isOver() || all === clean.points.length);
      });
      it("back after the whole rotation", () => mustConverge(BACK, [["all of it", { shape, goal: goals[1], attempts: [[]] }]]));
      it("provider killed before and after every call that writes", async () => {
        const { all } = await mustGrow(FAMILY, inParts({ shape, before: [], kills: ["calls"] }));
        assert.ok(isOver() || all === 2 * writing(clean).length);
      });
      // The second Edge's records are written as the first one's are.
      it("host process killed before, after and in the reply of every call that writes", () =>
        mustConverge(FAMILY, hostKills(shape, clean)));
    });
  }

  it("a world taken down, or known, ends as the one that a kill leaves", async () => {
    const shape = SHAPES.recreate;
    const grown = new Map<string, Outcome>();
    const { all } = await mustGrow("", [{ shape, before: [], kills: ["points"], part: [1, 5] }], "", (branch) =>
      grown.set(JSON.stringify(branch.spec), branch.outcome),
    );
    assert.equal(grown.size, all);
    for (const [text, outcome] of grown) {
      const { end, cleanRuns, violations } = await one({ ...(JSON.parse(text) as Labelled[1]), alone: true });
      assert.deepEqual({ end, cleanRuns, violations }, { end: outcome.end, cleanRuns: outcome.cleanRuns, violations: outcome.violations });
    }
  });
});

/** EdgeSync's refusal is waited for while the Edge serves; the argument may be another one in the next run. */
describe('killed at every step with synchronise "afterStart"', function () {
  family(FAMILY, BACK);
  const grown = async (shape: Shape, kills: ("points" | "calls")[], goals?: Shape[]): Promise<void> => {
    const clean = await one({ shape, attempts: [[]] });
    assert.ok(isGood(clean) && clean.cleanRuns === 0, describeOutcome(clean));
    const { all } = await mustGrow(FAMILY, inParts({ shape, before: [], kills, goals }, 2), BACK);
    assert.ok(isOver() || all === (kills.includes("points") ? clean.points.length : 2 * writing(clean).length));
  };
  it("at every fail point; then forward, back, and forward without the argument", () =>
    grown(LATE, ["points"], [LATE, { ...LATE, certificate: "v1" }, SHAPES.overwrite]));
  it("before and after every call that writes", () => grown(LATE, ["calls"]));
  it("at every fail point without the argument; then forward with it", () => grown(SHAPES.overwrite, ["points"], [LATE]));
});

/** A build that answers Yes makes the certificate the default for a moment (exchange.md 15.2): no end of a process may leave it so. */
for (const [title, shape] of [
  ["a Mailbox server that keeps its default", { certificate: "v2", edges: [], keep: true }],
  ["an Edge that keeps its default and is not drained", { certificate: "v3", edges: [], never: "EDGE01" }],
] as [string, Shape][])
  describe(`killed at every step of ${title}`, function () {
    family(FAMILY, BACK);
    const toggles = { servicesNoneGrantsAccess: false, enableWithoutForce: "answersYes" };
    const cases = (faults: [string, Fault][], more: object = {}): Labelled[] =>
      faults.map(([what, fault]) => [what, { shape, toggles, attempts: [[fault]], ...more }]);
    let clean: Outcome;
    let kills: [string, Fault][];
    before(async () => {
      clean = await one({ shape, toggles, attempts: [[]] });
      assert.ok(isGood(clean) && clean.cleanRuns === 0, describeOutcome(clean));
      const points = clean.points.map(({ step, position }, index): [string, Fault] => [
        `${step}.${position}`,
        { at: "point", index, action: "kill" },
      ]);
      const calls = clean.requests.flatMap(({ call, mutating, writes }, index) =>
        mutating || writes
          ? (["dieBefore", "dieAfter"] as const).map((verdict): [string, Fault] => [
              `${call} #${index} ${verdict}`,
              { at: "request", index, verdict },
            ])
          : [],
      );
      kills = [...points, ...calls];
      assert.ok(clean.requests.filter(({ call }) => call === "Enable-ExchangeCertificate").length >= 3, "asked, answered, swapped back");
    });
    it("provider killed at every fail point and every call that writes; then forward", () => mustConverge(FAMILY, cases(kills)));
    it("the same; then back to the old program", () => mustConverge(BACK, cases(kills, { goal: { ...shape, certificate: "v1" } })));
    it("an error at every fail point; then forward", () =>
      mustConverge(
        FAMILY,
        cases(clean.points.map(({ step, position }, index) => [`${step}.${position}=error`, { at: "point", index, action: "error" }])),
      ));
    it("host process killed before, after and in the reply of every call that writes", () =>
      mustConverge(
        FAMILY,
        hostKills(shape, clean).map(([what, spec]) => [what, { ...spec, toggles }]),
      ));
  });

const writing = ({ requests }: Outcome): Outcome["requests"] => requests.filter(({ mutating, writes }) => mutating || writes);

function hostKills(shape: Shape, clean: Outcome): Labelled[] {
  const seen = new Map<string, number>();
  return writing(clean).flatMap(({ host, call, mutating }, index) => {
    const nth = (seen.get(host + call) ?? 0) + 1;
    seen.set(host + call, nth);
    if (!isFull() && host === "EDGE02" && !mutating) return [];
    return (["before", "after", "reply"] as const).map((at): Labelled => {
      const fault: Fault = { at: "lab", fault: { host, cmdlet: historyName(call), nth, at, kind: "kill" } };
      return [`${host} ${call} ${nth} ${at}`, { shape, attempts: [[fault]], noQuiet: index % QUIET_EVERY > 0 }];
    });
  });
}
