/** Two Edges of a site at once, together with the other ways in which an Edge can be rotated and taken back. */
import assert from "node:assert/strict";
import { mostOut, WideFleet } from "../../support/stories/wide";
import { synchronized } from "../../support/stories/mail";
import { cli, hostsFile, removeFolders } from "../cli/support";

const FOUR = ["EDGE01", "EDGE02", "EDGE03", "EDGE04"];
const TWO = ["EDGE01", "EDGE02"];

describe("maxUnavailable: together with other ways of a rotation", () => {
  let wide: WideFleet;
  const open = async (edges: string[]): Promise<void> => {
    wide = await WideFleet.open(edges);
  };
  afterEach(async () => {
    await wide.close();
    await removeFolders();
  });

  it("recreate: two subscriptions are made anew side by side", async () => {
    await open(FOUR);
    const shape = { edges: FOUR, method: "recreate" as const };
    await wide.apply(wide.program("v1", shape));
    const sources = () => wide.rig.sendConnectors().map(({ Name, SourceTransportServers: all }) => [Name, [...(all as string[])].sort()]);
    const before = sources();
    const run = await wide.apply(wide.program("v2", shape, wide.bothOut("EDGE01", "EDGE02")));
    assert.equal(mostOut(run), 2);
    const removed = run.mutating.filter((call) => call === "MBX01:Remove-EdgeSubscription");
    assert.equal(removed.length, 4, run.mutating.join("\n"));
    wide.serving(FOUR, "v2");
    assert.deepEqual(sources(), before, "each Edge is a source again of what it was a source of");
    assert.deepEqual(wide.rig.leftovers(), []);
    await wide.settled(wide.program("v2", shape));
  });

  it("recreate: an abandoned Edge without its subscription is out all the same", async () => {
    await open(FOUR);
    const first = { edges: ["EDGE01"], method: "recreate" as const };
    await wide.apply(wide.program("v1", first));
    const other = wide.beside("other/prod");
    await other.apply(other.program("v1", { edges: ["EDGE02", "EDGE03"] }));
    await wide.rig.control.fault({ host: "MBX01", cmdlet: "New-EdgeSubscription", at: "before", kind: "error", message: "no" });
    const { text } = await wide.fails(wide.program("v2", first));
    assert.match(text, /\[CMDLET_FAILED\] .*New-EdgeSubscription/);
    assert.deepEqual(wide.subscribed(), ["EDGE02", "EDGE03", "EDGE04"]);
    const given = await cli(["resume", "EDGE01", "--abandon", "--yes", "--hosts", await hostsFile(wide.rig.lab)]);
    assert.equal(given.code, 0, given.out + given.err);
    assert.deepEqual(wide.open(), []);

    const shape = { edges: ["EDGE02", "EDGE03"], known: ["EDGE01", "EDGE04"] };
    const run = await other.oneAtATime(other.program("v2", shape, other.untilOneWaits()));
    assert.match(run.lines.join("\n"), /wait for its turn: EDGE0[23], EDGE01 \(abandoned\) are out of service/);
    wide.serving(["EDGE02", "EDGE03"], "v2");
    await wide.apply(wide.program("v2", first), { refresh: true });
    wide.serving(["EDGE01"], "v2");
    assert.deepEqual(wide.rig.leftovers(), []);
  });

  it("afterStart: an Edge that serves, and waits for EdgeSync, still has its window", async () => {
    await open(FOUR);
    const shape = { edges: FOUR, late: true };
    await wide.apply(wide.program("v1", shape));
    const run = await wide.apply(wide.program("v2", shape, wide.bothOut("EDGE01", "EDGE02")));
    assert.equal(mostOut(run), 2);
    wide.serving(FOUR, "v2");
    for (const edge of FOUR) assert.equal((await synchronized(wide.rig, "MBX01", edge)).status, "Normal", edge);
    assert.deepEqual(wide.rig.leftovers(), []);
    await wide.settled(wide.program("v2", shape));
  });

  it("resume takes back one of two, and then the other; the next run goes on", async () => {
    await open(FOUR);
    const shape = { edges: FOUR };
    await wide.apply(wide.program("v1", shape));
    await wide.fails(wide.program("v2", shape, wide.failing("EDGE01", "EDGE02")), "EDGE01/import-subscription.after-intent");
    assert.deepEqual(wide.open(), TWO);
    const hosts = await hostsFile(wide.rig.lab);
    const resume = async (edge: string): Promise<string> => {
      const { code, out, err } = await cli(["resume", edge, "--yes", "--hosts", hosts]);
      assert.equal(code, 0, out + err);
      assert.equal(wide.status(edge), "Running");
      return out;
    };
    await resume("EDGE01");
    assert.deepEqual(wide.open(), ["EDGE02"]);
    await resume("EDGE02");
    assert.deepEqual(wide.rig.leftovers(), []);
    const run = await wide.apply(wide.program("v2", shape), { refresh: true });
    assert.ok(mostOut(run) <= 2);
    wide.serving(FOUR, "v2");
    await wide.settled(wide.program("v2", shape));
  });
});
