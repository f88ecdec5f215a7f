/** A fleet of which two Edges may be out of service at once. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setCopy } from "../../../provider/base/progress";
import { askApart } from "../../support/apart";
import { Engine } from "../../support/faults/engine";
import { leavings } from "../../support/faults/checkHistory";
import { fleet } from "../../support/faults/fleet";
import { program, SITE, type Shape } from "../../support/faults/programs";
import type { SideBySide, SideBySideOrder } from "../../support/faults/sideBySide";
import { until } from "../../support/lab";
import { Rig, type Observed, type Program } from "../../support/stories/rig";

const FOUR = ["EDGE01", "EDGE02", "EDGE03", "EDGE04"];
const RECORD = `windows/${SITE.toUpperCase()}.json`;
const TRANSPORT = "MSExchangeTransport";
const PATIENCE_MS = 60_000;

/** The most Edges that were out of service at the same time, in the order of the lab's own record of calls. */
const mostOut = ({ calls }: Pick<Observed, "calls">): number => Math.max(0, ...leavings(calls).map(({ out }) => out.length));

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
  let rig: Rig;
  /** What a program makes known of its servers stays with its process, and all these tests have one: a stack each. */
  let stack: Engine;
  let stacks = 0;
  const shape = (certificate: string, more: Partial<Shape> = {}): Shape => ({ certificate, edges: FOUR, wide: 2, ...more });
  const around = (meanwhile?: (edge: string) => Promise<void>) => ({
    connection: (name: string) => rig.host(name),
    certificate: (name: string) => rig.issued(name),
    meanwhile,
  });
  const up = (certificate: string, more: Partial<Shape> = {}, meanwhile?: (edge: string) => Promise<void>) =>
    program(around(meanwhile), shape(certificate, more));
  const status = (edge: string): string => rig.server(edge).services[TRANSPORT];
  const open = async (edges: string[], own = 0): Promise<void> => {
    rig = await Rig.start({ scenario: fleet(edges, own) });
    stack = new Engine(`shop/${++stacks}`);
  };
  const apply = (one: Program, options: { refresh?: boolean } = {}): Promise<Observed> => rig.apply(one, { ...options, stack });
  const fails = async (one: Program): Promise<Observed & { text: string }> => {
    const run = await rig.up(one, { stack });
    assert.equal(run.ok, false, "the run should have failed");
    return { ...run, text: run.error?.message ?? "" };
  };
  const settled = async (one: Program): Promise<void> => {
    const again = await apply(one);
    assert.deepEqual([again.operations, again.mutating], [[], []]);
  };
  const serving = (edges: string[], certificate: string): void => {
    for (const edge of edges) {
      const { defaultThumbprint, transportThumbprint, ldapsThumbprint } = rig.server(edge);
      const name = rig.thumbprint(certificate);
      assert.deepEqual([defaultThumbprint, transportThumbprint, ldapsThumbprint, status(edge)], [name, name, name, "Running"], edge);
    }
  };
  const record = (): { edge: string; windows?: { edge: string; failed?: string }[] } | null => {
    const text = rig.lab.organisation.files("MBX01").get(RECORD);
    return text === undefined ? null : (JSON.parse(String(text)) as never);
  };
  afterEach(async () => {
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    await rig.close();
  });

  it("two are out together, never three, and all end in service", async () => {
    await open(FOUR);
    await apply(up("v1"));
    const together = async (edge: string): Promise<void> => {
      if (edge === "EDGE01") await until("EDGE02 is out as well", () => Promise.resolve(status("EDGE02") === "Stopped"), PATIENCE_MS);
      if (edge === "EDGE01")
        assert.deepEqual(
          record()
            ?.windows?.map((one) => one.edge)
            .sort(),
          ["EDGE01", "EDGE02"],
        );
    };
    const run = await apply(up("v2", {}, together));
    assert.equal(mostOut(run), 2);
    serving(FOUR, "v2");
    assert.deepEqual(rig.leftovers(), []);
    await settled(up("v2"));
  });

  /** Waits until another Edge says that it waits, for whichever of the two came first. */
  const untilOneWaits = (): ((edge: string) => Promise<void>) => {
    const lines: string[] = [];
    setCopy((line) => void lines.push(line));
    return async () => {
      await until("the other Edge waits", () => Promise.resolve(lines.some((one) => one.includes("] wait for its turn"))), PATIENCE_MS);
    };
  };
  const oneAtATime = async (certificate: string, more: Partial<Shape>, meanwhile: (edge: string) => Promise<void>): Promise<Observed> => {
    try {
      const run = await apply(up(certificate, more, meanwhile));
      assert.equal(mostOut(run), 1, run.mutating.join("\n"));
      assert.deepEqual(rig.leftovers(), []);
      return run;
    } finally {
      setCopy();
    }
  };
  const TWO = { edges: ["EDGE01", "EDGE02"] };

  it("one at a time, and no failure, while the only other Edge is stopped", async () => {
    await open(["EDGE01", "EDGE02", "EDGE03"]);
    await apply(up("v1", TWO));
    await rig.control.operator("EDGE03", "Stop-Service", { Name: TRANSPORT });
    const run = await oneAtATime("v2", { ...TWO, known: ["EDGE03"] }, untilOneWaits());
    assert.match(run.lines.join("\n"), /wait for its turn: EDGE0[12], EDGE03 \(stopped\) are out of service .* maxUnavailable allows 2/);
    serving(TWO.edges, "v2");
  });

  it("the same while it does not answer", async () => {
    await open(["EDGE01", "EDGE02", "EDGE03"]);
    await apply(up("v1", TWO));
    await rig.control.fault({ host: "EDGE03", cmdlet: "Get-Service", at: "before", kind: "disconnect", times: 1_000 });
    const run = await oneAtATime("v2", { ...TWO, known: ["EDGE03"] }, untilOneWaits());
    assert.match(run.lines.join("\n"), /EDGE03 \(unreachable\)/);
  });

  it("the same while no connection to it is known", async () => {
    await open(["EDGE01", "EDGE02", "EDGE03"]);
    await apply(up("v1", TWO));
    const run = await oneAtATime("v2", TWO, untilOneWaits());
    assert.match(run.lines.join("\n"), /EDGE03 \(not known to this stack\)/);
  });

  it("one at a time where a connector has no other source that runs", async () => {
    await open(["EDGE01", "EDGE02", "EDGE03"], 1);
    const all = { edges: ["EDGE01", "EDGE02", "EDGE03"] };
    await apply(up("v1", all));
    const run = await oneAtATime("v2", all, untilOneWaits());
    assert.match(run.lines.join("\n"), /no other source of send connector "Partner of EDGE0[12] 1" is known to run \(none\)/);
    serving(all.edges, "v2");
  });

  /** The first one goes on to its failure when both are out, the other one when that is recorded. */
  const failing =
    (first: string, other: string) =>
    async (edge: string): Promise<void> => {
      const isMarked = (): boolean => record()?.windows?.some((one) => one.edge === first && one.failed !== undefined) === true;
      if (edge === first) await until(`${other} is out as well`, () => Promise.resolve(status(other) === "Stopped"), PATIENCE_MS);
      if (edge === other) await until(`${first} has failed`, () => Promise.resolve(isMarked()), PATIENCE_MS);
    };

  it("a failed Edge is recorded, no other follows; the next run goes on with both", async () => {
    await open(FOUR);
    const own = { ...TWO, known: ["EDGE03", "EDGE04"] };
    await apply(up("v1", own));
    process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE01/import-subscription.after-intent=error";
    const { text, ...failed } = await fails(up("v2", own, failing("EDGE01", "EDGE02")));
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    assert.match(text, /\[FAILPOINT\] EDGE01/);
    assert.equal(mostOut(failed), 2);
    assert.deepEqual([status("EDGE01"), status("EDGE02")], ["Stopped", "Stopped"]);
    assert.equal(record()?.windows?.find(({ edge }) => edge === "EDGE01")?.failed, "FAILPOINT");
    // What knows one window alone finds no Edge of this name: it takes the site for busy, and leaves the record as it is.
    assert.equal(record()?.edge, "EDGE01, EDGE02");

    const other = await rig.up(up("v2", { edges: ["EDGE03", "EDGE04"] }), { stack: new Engine("other/prod") });
    assert.match(other.error?.message ?? "", /\[EDGE_WINDOW_BUSY\] EDGE0[34] .*EDGE01 of site .*, and failed \(FAILPOINT\)/);
    assert.deepEqual([status("EDGE03"), status("EDGE04")], ["Running", "Running"]);

    const run = await apply(up("v2", own), { refresh: true });
    assert.ok(mostOut(run) <= 2);
    serving(TWO.edges, "v2");
    assert.deepEqual(rig.leftovers(), []);
    await settled(up("v2", own));
  });

  it("back to the old certificate: the two that are out come back first", async () => {
    await open(FOUR);
    await apply(up("v1"));
    process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE03/import-subscription.after-intent=error";
    await fails(up("v2", {}, failing("EDGE03", "EDGE04")));
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    assert.deepEqual([status("EDGE03"), status("EDGE04")], ["Stopped", "Stopped"]);
    const run = await apply(up("v1"));
    const first = (edge: string, cmdlet: string): number => run.mutating.indexOf(`${edge}:${cmdlet}`);
    const left = Math.min(first("EDGE01", "Suspend-Service"), first("EDGE02", "Suspend-Service"));
    assert.ok(Math.max(first("EDGE03", "Start-Service"), first("EDGE04", "Start-Service")) < left, run.mutating.join("\n"));
    serving(FOUR, "v1");
    assert.deepEqual(rig.leftovers(), []);
  });
});
