/** Family 3: every call to a host fails once, in every way that a cmdlet has; then clean runs. */
import assert from "node:assert/strict";
import { describeOutcome, type Fault, type Outcome } from "../support/faults/cases";
import { family, isGood, mustConverge, one, sample, type Labelled } from "../support/faults/families";
import { SHAPES, type Shape } from "../support/faults/programs";
import { historyName, type Sent } from "../support/faults/wire";

const FAMILY = "3 every call fails once";
/** As a German server says it: nothing may depend on English words. */
const LOCALISED = "Der Vorgang konnte nicht abgeschlossen werden, weil der Remoteprozeduraufruf fehlgeschlagen ist.";
type Spec = Extract<Fault, { at: "lab" }>["fault"];

describe("every call fails once", function () {
  family(FAMILY);
  const shape = SHAPES.overwrite;
  let clean: Outcome;
  before(async () => {
    clean = await one({ shape, attempts: [[]] });
    assert.ok(isGood(clean), describeOutcome(clean));
  });
  const ways: { [title: string]: { spec: Spec; limit: number; callMs?: number; only?: (sent: Sent) => boolean } } = {
    "with an error, nothing done": { spec: { at: "before", kind: "error", message: LOCALISED }, limit: 40 },
    "with an error, although it was done": { spec: { at: "after", kind: "error", message: LOCALISED }, limit: 24, only: changes },
    "and the connection goes before it": { spec: { at: "before", kind: "disconnect" }, limit: 20 },
    "and the connection goes, and it finishes late as an orphan": {
      spec: { at: "before", kind: "disconnect", ms: 20_000 },
      limit: 20,
      only: changes,
    },
    "and the connection goes after it": { spec: { at: "after", kind: "disconnect" }, limit: 20, only: changes },
    "and the connection goes in its reply": { spec: { at: "reply", kind: "disconnect" }, limit: 20 },
    slowly: { spec: { at: "after", kind: "delay", ms: 20_000 }, limit: 12 },
    "by never answering": { spec: { at: "before", kind: "hang" }, limit: 16, callMs: 700 },
    "by never answering although it was done": { spec: { at: "after", kind: "hang" }, limit: 16, callMs: 700, only: changes },
  };
  for (const [title, { spec, limit, callMs, only }] of Object.entries(ways)) {
    it(title, () =>
      mustConverge(
        FAMILY,
        sample(
          each(shape, clean, spec, only).map(([what, one]): Labelled => [what, { ...one, callMs }]),
          limit,
        ),
      ),
    );
  }
  it("with a warning only, and nothing done", () => mustConverge(FAMILY, sample(verdicts(shape, clean, "warn", changes), 40)));
  it("with Incomplete from EdgeSync", () =>
    mustConverge(
      FAMILY,
      verdicts(shape, clean, "incomplete", ({ call }) => call === "Start-EdgeSynchronization"),
    ));
  it("with every synchronisation Incomplete, until the clean runs", async () => {
    const attempts = clean.requests.flatMap(({ call }, index): Fault[] =>
      call.endsWith("EdgeSynchronization") ? [{ at: "request", index, verdict: "incomplete" }] : [],
    );
    await mustConverge(FAMILY, [["all", { shape, attempts: [attempts] }]]);
  });
});

function changes({ mutating, writes }: Sent): boolean {
  return mutating || writes;
}

function each(shape: Shape, clean: Outcome, spec: Spec, only: (sent: Sent) => boolean = () => true): Labelled[] {
  const seen = new Map<string, number>();
  return clean.requests.flatMap((sent): Labelled[] => {
    const { host, call } = sent;
    const nth = (seen.get(host + call) ?? 0) + 1;
    seen.set(host + call, nth);
    const fault: Fault = { at: "lab", fault: { host, cmdlet: historyName(call), nth, ...spec } };
    return only(sent) ? [[`${host} ${call} ${nth} ${spec.kind} ${spec.at}`, { shape, attempts: [[fault]] }]] : [];
  });
}

function verdicts(shape: Shape, clean: Outcome, verdict: "warn" | "incomplete", only: (sent: Sent) => boolean): Labelled[] {
  return clean.requests.flatMap((sent, index): Labelled[] =>
    only(sent) ? [[`${sent.host} ${sent.call} #${index} ${verdict}`, { shape, attempts: [[{ at: "request", index, verdict }]] }]] : [],
  );
}
