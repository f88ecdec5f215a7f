import assert from "node:assert/strict";
import { whyNot, type Question, type Service, type SiteWindow } from "../../../provider/rotation/siteRules";

const NOW = new Date("2026-12-01T20:00:00Z");
const window = (edge: string, more: Partial<SiteWindow> = {}): SiteWindow => {
  const own = { edge, site: "Berlin", stack: "shop/prod", owner: `shop/prod/${edge.toLowerCase()}` };
  return { ...own, since: "2026-12-01T19:57:00Z", ...more };
};
const others = (services: { [edge: string]: Service }) => Object.entries(services).map(([edge, service]) => ({ edge, service }));
const connector = (runs: { [server: string]: boolean }) => ({
  connector: "Partner",
  others: Object.entries(runs).map(([server, runs]) => ({ server, runs })),
});
const ask = (more: Partial<Question>): Question => ({
  ...{ edge: "EDGE03", site: "Berlin", stack: "shop/prod", limit: 2, windows: [], others: [], connectors: [], failed: null, now: NOW },
  ...more,
});
const ALL_RUN = others({ EDGE02: "runs", EDGE04: "runs" });

/** What is asked, and the rule that speaks against it; null: allowed. */
const TABLE: [what: string, question: Partial<Question>, why: string | null][] = [
  ["nothing is open", {}, null],
  [
    "nothing is open, and no other Edge runs: one is always allowed",
    { others: others({ EDGE02: "stopped", EDGE04: "unreachable" }) },
    null,
  ],
  ["its own window, whatever else is the case", { windows: [window("EDGE01", { failed: "X" }), window("EDGE03")], limit: 1 }, null],
  ["its own window, of another stack", { windows: [window("EDGE03", { stack: "other/prod" })], limit: 1 }, "window"],
  ["one is open, and one is allowed", { windows: [window("EDGE01")], limit: 1, others: ALL_RUN }, "window"],
  ["one is open, and two are allowed", { windows: [window("EDGE01")], others: ALL_RUN }, null],
  ["one of another stack is open", { windows: [window("EDGE01", { stack: "other/prod" })], others: ALL_RUN }, null],
  ["two are open", { windows: [window("EDGE01"), window("EDGE02")], others: others({ EDGE04: "runs" }) }, "limit"],
  [
    "two are open, and three are allowed",
    { windows: [window("EDGE01"), window("EDGE02")], limit: 3, others: others({ EDGE04: "runs" }) },
    null,
  ],
  ["one is open, and one is stopped", { windows: [window("EDGE01")], others: others({ EDGE02: "stopped", EDGE04: "runs" }) }, "limit"],
  ["one is open, and one is abandoned", { windows: [window("EDGE01")], others: others({ EDGE02: "abandoned", EDGE04: "runs" }) }, "limit"],
  [
    "one is open, and one does not answer",
    { windows: [window("EDGE01")], others: others({ EDGE02: "unreachable", EDGE04: "runs" }) },
    "limit",
  ],
  ["one is open, and one is not known", { windows: [window("EDGE01")], others: others({ EDGE02: "unknown", EDGE04: "runs" }) }, "limit"],
  [
    "the third of three, all of which may be out",
    { windows: [window("EDGE01")], limit: 3, others: others({ EDGE02: "stopped" }) },
    "alone",
  ],
  ["the second of two, both of which may be out", { windows: [window("EDGE01")] }, "alone"],
  [
    "another source of its connector runs",
    { windows: [window("EDGE01")], others: ALL_RUN, connectors: [connector({ EDGE01: false, EDGE02: true })] },
    null,
  ],
  [
    "no other source of its connector runs",
    { windows: [window("EDGE01")], others: ALL_RUN, connectors: [connector({ EDGE01: false })] },
    "connector",
  ],
  ["its connector has no other source", { windows: [window("EDGE01")], others: ALL_RUN, connectors: [connector({})] }, "connector"],
  ["the same with nothing open", { others: ALL_RUN, connectors: [connector({})] }, null],
  ["one that is open has failed", { windows: [window("EDGE01", { failed: "SYNC_TIMEOUT" })], others: ALL_RUN }, "failed"],
  ["one has failed in this run", { failed: { edge: "EDGE01", code: "SYNC_TIMEOUT" } }, "failed"],
  ["one has failed in this run, in a fleet of one at a time", { failed: { edge: "EDGE01", code: "SYNC_TIMEOUT" }, limit: 1 }, null],
  ["a connector's flip restarts the Edges", { windows: [window("EDGE01", { flip: "Partner" })], others: ALL_RUN }, "window"],
];

describe("whether an Edge may leave service", () => {
  for (const [what, question, why] of TABLE)
    it(`${what}: ${why ?? "yes"}`, () => {
      const refusal = whyNot(ask(question));
      assert.equal(refusal?.details.why ?? null, why, refusal?.sentence);
      if (refusal) assert.equal(refusal.code, "EDGE_WINDOW_BUSY");
    });

  const sentence = (question: Partial<Question>): string | undefined => whyNot(ask(question))?.sentence;
  it("says who is out, since when and for whom, or what is not known to run", () => {
    assert.equal(
      sentence({ windows: [window("EDGE01")], limit: 1 }),
      "EDGE03 cannot be taken out of service: EDGE01 of site Berlin has been since 2026-12-01T19:57:00Z (3 min, by shop/prod/edge01).",
    );
    assert.equal(
      sentence({ windows: [window("EDGE01")], others: others({ EDGE02: "unknown", EDGE04: "runs" }) }),
      "EDGE03 cannot be taken out of service: EDGE01, EDGE02 (not known to this stack) are out of service in site Berlin, and maxUnavailable allows 2.",
    );
    assert.equal(
      sentence({ windows: [window("EDGE01")], others: ALL_RUN, connectors: [connector({ EDGE01: false })] }),
      'EDGE03 cannot be taken out of service: EDGE01 is out of service, and no other source of send connector "Partner" is known to run (EDGE01).',
    );
  });
});
