/** A fleet of which two Edges may be out of service at once. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { askApart } from "../../support/apart";
import { Engine } from "../../support/faults/engine";
import type { Shape } from "../../support/faults/programs";
import type { SideBySide, SideBySideOrder } from "../../support/faults/sideBySide";
import type { Observed } from "../../support/stories/rig";
import { mostOut, WideFleet, type Meanwhile } from "../../support/stories/wide";

const FOUR = ["EDGE01", "EDGE02", "EDGE03", "EDGE04"];

/** In a process of its own: its clock is not ours. */
const sideBySide = (order: SideBySideOrder): Promise<SideBySide> => askApart(join(__dirname, "../../support/faults/sideBySide.js"), order);

describe("maxUnavailable: mail through eight Edges", () => {
  it("nothing is lost, and two are out of service at once, never three", async () => {
    const { error, most, mails, mail, wrong, behind } = await sideBySide({ edges: 8, wide: 2 });
    assert.equal(error, undefined);
    console.log(`      figure: mails through 8 Edges, two of them out at once: ${mails}, lost ${mail!.lost}`);
    assert.deepEqual(
      { most, wrong, behind, lost: mail!.lost, queued: mail!.queued },
      { most: 2, wrong: [], behind: [], lost: 0, queued: 0 },
    );
    assert.ok(mails > 500, `${mails} mails`);
  });
});

describe("maxUnavailable: an Edge that waits for what nobody does", () => {
  it("gives up with nothing changed on it, and the next run goes on", async () => {
    const { error, wrong, behind } = await sideBySide({ edges: 3, wide: 2, starved: true });
    assert.match(error ?? "", /\[EDGE_WINDOW_BUSY\] EDGE0[12] cannot .*: EDGE0[12], EDGE03 \(stopped\) are out of service/);
    assert.deepEqual({ wrong, behind }, { wrong: [], behind: [] });
  });
});

describe("maxUnavailable: two Edges of a site at once", () => {
  let wide: WideFleet;
  const open = async (edges: string[], own = 0): Promise<void> => {
    wide = await WideFleet.open(edges, own);
  };
  const up = (certificate: string, more: Partial<Shape> = {}, meanwhile?: Meanwhile) =>
    wide.program(certificate, { edges: FOUR, ...more }, meanwhile);
  afterEach(() => wide.close());

  it("two are out together, never three, and all end in service", async () => {
    await open(FOUR);
    await wide.apply(up("v1"));
    const together = async (edge: string): Promise<void> => {
      await wide.bothOut("EDGE01", "EDGE02")(edge);
      if (edge === "EDGE01") assert.deepEqual(wide.open(), ["EDGE01", "EDGE02"]);
    };
    const run = await wide.apply(up("v2", {}, together));
    assert.equal(mostOut(run), 2);
    wide.serving(FOUR, "v2");
    assert.deepEqual(wide.rig.leftovers(), []);
    await wide.settled(up("v2"));
  });

  const oneAtATime = async (shape: Partial<Shape>): Promise<Observed> => {
    const run = await wide.oneAtATime(up("v2", shape, wide.untilOneWaits()));
    assert.deepEqual(wide.rig.leftovers(), []);
    return run;
  };
  const TWO = { edges: ["EDGE01", "EDGE02"] };

  it("one at a time, and no failure, while the only other Edge is stopped", async () => {
    await open(["EDGE01", "EDGE02", "EDGE03"]);
    await wide.apply(up("v1", TWO));
    await wide.rig.control.operator("EDGE03", "Stop-Service", { Name: "MSExchangeTransport" });
    const run = await oneAtATime({ ...TWO, known: ["EDGE03"] });
    assert.match(run.lines.join("\n"), /wait for its turn: EDGE0[12], EDGE03 \(stopped\) are out of service .* maxUnavailable allows 2/);
    wide.serving(TWO.edges, "v2");
  });

  it("the same while it does not answer", async () => {
    await open(["EDGE01", "EDGE02", "EDGE03"]);
    await wide.apply(up("v1", TWO));
    await wide.rig.control.fault({ host: "EDGE03", cmdlet: "Get-Service", at: "before", kind: "disconnect", times: 1_000 });
    const run = await oneAtATime({ ...TWO, known: ["EDGE03"] });
    assert.match(run.lines.join("\n"), /EDGE03 \(unreachable\)/);
  });

  it("the same while no connection to it is known", async () => {
    await open(["EDGE01", "EDGE02", "EDGE03"]);
    await wide.apply(up("v1", TWO));
    const run = await oneAtATime(TWO);
    assert.match(run.lines.join("\n"), /EDGE03 \(not known to this stack\)/);
  });

  it("one at a time where a connector has no other source that runs", async () => {
    await open(["EDGE01", "EDGE02", "EDGE03"], 1);
    const all = { edges: ["EDGE01", "EDGE02", "EDGE03"] };
    await wide.apply(up("v1", all));
    const run = await oneAtATime(all);
    assert.match(run.lines.join("\n"), /no other source of send connector "Partner of EDGE0[12] 1" is known to run \(none\)/);
    wide.serving(all.edges, "v2");
  });

  it("a failed Edge is recorded, no other follows; the next run goes on with both", async () => {
    await open(FOUR);
    const own = { ...TWO, known: ["EDGE03", "EDGE04"] };
    await wide.apply(up("v1", own));
    const { text, ...failed } = await wide.fails(
      up("v2", own, wide.failing("EDGE01", "EDGE02")),
      "EDGE01/import-subscription.after-intent",
    );
    assert.match(text, /\[FAILPOINT\] EDGE01/);
    assert.equal(mostOut(failed), 2);
    assert.deepEqual([wide.status("EDGE01"), wide.status("EDGE02")], ["Stopped", "Stopped"]);
    assert.equal(wide.record()?.windows?.find(({ edge }) => edge === "EDGE01")?.failed, "FAILPOINT");
    // What knows one window alone finds no Edge of this name: it takes the site for busy, and leaves the record as it is.
    assert.equal(wide.record()?.edge, "EDGE01, EDGE02");

    const other = await wide.rig.up(up("v2", { edges: ["EDGE03", "EDGE04"] }), { stack: new Engine("other/prod") });
    assert.match(other.error?.message ?? "", /\[EDGE_WINDOW_BUSY\] EDGE0[34] .*EDGE01 of site .*, and failed \(FAILPOINT\)/);
    assert.deepEqual([wide.status("EDGE03"), wide.status("EDGE04")], ["Running", "Running"]);

    const run = await wide.apply(up("v2", own), { refresh: true });
    assert.ok(mostOut(run) <= 2);
    wide.serving(TWO.edges, "v2");
    assert.deepEqual(wide.rig.leftovers(), []);
    await wide.settled(up("v2", own));
  });

  it("back to the old certificate: the two that are out come back first", async () => {
    await open(FOUR);
    await wide.apply(up("v1"));
    await wide.fails(up("v2", {}, wide.failing("EDGE03", "EDGE04")), "EDGE03/import-subscription.after-intent");
    assert.deepEqual([wide.status("EDGE03"), wide.status("EDGE04")], ["Stopped", "Stopped"]);
    const run = await wide.apply(up("v1"));
    const first = (edge: string, cmdlet: string): number => run.mutating.indexOf(`${edge}:${cmdlet}`);
    const left = Math.min(first("EDGE01", "Suspend-Service"), first("EDGE02", "Suspend-Service"));
    assert.ok(Math.max(first("EDGE03", "Start-Service"), first("EDGE04", "Start-Service")) < left, run.mutating.join("\n"));
    wide.serving(FOUR, "v1");
    assert.deepEqual(wide.rig.leftovers(), []);
  });
});
