/** Family 3: every call to a host fails once, in every way that a cmdlet has; then clean runs. */
import assert from "node:assert/strict";
import { describeOutcome, type Case, type Fault, type Outcome } from "../support/faults/cases";
import { family, isGood, mustConverge, one, type Labelled } from "../support/faults/families";
import { SHAPES } from "../support/faults/programs";
import { historyName, type Sent } from "../support/faults/wire";

const FAMILY = "3 every call fails once";
/** As a German server says it: nothing may depend on English words. */
const LOCALISED = "Der Vorgang konnte nicht abgeschlossen werden, weil der Remoteprozeduraufruf fehlgeschlagen ist.";
type Spec = Extract<Fault, { at: "lab" }>["fault"];

const SHAPE = SHAPES.overwrite;
const changes = ({ mutating, writes }: Sent): boolean => mutating || writes;
const WAYS: { [title: string]: { spec: Spec; only?: (sent: Sent) => boolean } } = {
  "with a terminating error, nothing done": { spec: { at: "before", kind: "error", message: LOCALISED } },
  // What the agent makes of an error record beside a result: the reply is an error, and the work is done.
  "with a non-terminating error, although it was done": { spec: { at: "after", kind: "error", message: LOCALISED } },
  // Around calls that only read, the connection is cut at every message boundary: family 2.
  "and the connection goes before it": { spec: { at: "before", kind: "disconnect" }, only: changes },
  "and the connection goes, and it finishes late as an orphan": { spec: { at: "before", kind: "disconnect", ms: 20_000 }, only: changes },
  "and the connection goes after it": { spec: { at: "after", kind: "disconnect" }, only: changes },
  "and the connection goes in its reply": { spec: { at: "reply", kind: "disconnect" }, only: changes },
  slowly: { spec: { at: "after", kind: "delay", ms: 45_000 } },
  "by never answering": { spec: { at: "before", kind: "hang" } },
  "by never answering although it was done": { spec: { at: "after", kind: "hang" }, only: changes },
};

describe("every call fails once", function () {
  family(FAMILY);
  let clean: Outcome;
  before(async () => {
    clean = await one({ shape: SHAPE, attempts: [[]] });
    assert.ok(isGood(clean), describeOutcome(clean));
  });
  for (const [title, { spec, only = () => true }] of Object.entries(WAYS))
    it(title, async () => {
      const cases = each(clean, spec).filter(([sent]) => only(sent));
      await mustConverge(
        FAMILY,
        cases.map(([, labelled]) => labelled),
      );
    });
  it("and its Edge restarts right before it, inside the window", () => mustConverge(FAMILY, restarts(clean)));
  it("with a warning only, and nothing done", () => mustConverge(FAMILY, hollow(clean, "warn")));
  it("with an error that nobody passes on: it looks successful, and nothing is done", () => mustConverge(FAMILY, hollow(clean, "silent")));
  it("with Incomplete from EdgeSync", () =>
    mustConverge(
      FAMILY,
      verdicts(clean, "incomplete", ({ call }) => call === "Start-EdgeSynchronization"),
    ));
  it("with every synchronisation Incomplete, until the clean runs", async () => {
    const attempt = clean.requests.flatMap(({ call }, index): Fault[] =>
      call.endsWith("EdgeSynchronization") ? [{ at: "request", index, verdict: "incomplete" }] : [],
    );
    await mustConverge(FAMILY, [["all", { shape: SHAPE, attempts: [attempt] }]]);
  });
});

/** A call that changes nothing leaves nothing to look for in one more run. */
const around = (sent: Sent, attempts: Fault[][]): Case => ({ shape: SHAPE, attempts, noQuiet: !sent.mutating });

function each(clean: Outcome, spec: Spec): [Sent, Labelled][] {
  const seen = new Map<string, number>();
  return clean.requests.map((sent) => {
    const { host, call } = sent;
    const nth = (seen.get(host + call) ?? 0) + 1;
    seen.set(host + call, nth);
    const fault: Fault = { at: "lab", fault: { host, cmdlet: historyName(call), nth, ...spec } };
    return [sent, [`${host} ${call} ${nth} ${spec.kind} ${spec.at}`, around(sent, [[fault]])]];
  });
}

/** Transport starts by itself afterwards, whoever is asked at that moment. */
function restarts({ requests }: Outcome): Labelled[] {
  const from = requests.findIndex(({ call }) => call === "service.suspend");
  const to = requests.findLastIndex(({ call }) => call === "service.start");
  const { host } = requests[from];
  return requests
    .map((sent, index): Labelled => [`restart before ${sent.host} ${sent.call} #${index}`, around(sent, [[{ at: "reboot", index, host }]])])
    .slice(from, to + 1);
}

function verdicts(clean: Outcome, verdict: "warn" | "silent" | "incomplete", only: (sent: Sent) => boolean): Labelled[] {
  return clean.requests.flatMap((sent, index): Labelled[] =>
    only(sent) ? [[`${sent.host} ${sent.call} #${index} ${verdict}`, around(sent, [[{ at: "request", index, verdict }]])]] : [],
  );
}

function hollow(clean: Outcome, verdict: "warn" | "silent"): Labelled[] {
  const cases = verdicts(clean, verdict, ({ mutating, call }) => mutating && call.includes("-"));
  assert.ok(cases.length >= 8, `${cases.length} cmdlets that change something`);
  return cases;
}
