/** What doctor tells of Edges that are out of service: which, since when, for whom, whether somebody is at work, and what to do. */
import assert from "node:assert/strict";
import { examine, type Diagnosis } from "../../../provider/cli/doctor/report";
import { textDiagnosis } from "../../../provider/cli/doctor/text";
import { parseHosts } from "../../../provider/cli/hostsFile";
import type { Finding } from "../../../provider/exchange/symptoms";
import { closeAll } from "../../../provider/remote/sessions";
import { WideFleet } from "../../support/stories/wide";
import { cli, hostsFile, removeFolders } from "../cli/support";
import { assertFilled } from "./patient";

const FOUR = ["EDGE01", "EDGE02", "EDGE03", "EDGE04"];
const TWO = ["EDGE01", "EDGE02"];
const OWN = /^(rotation|window|connector)-/;

describe("doctor: Edges that are out of service by a rotation", () => {
  let wide: WideFleet;
  beforeEach(async () => {
    wide = await WideFleet.open(FOUR);
    await wide.apply(wide.program("v1", { edges: FOUR }));
  });
  afterEach(async () => {
    await closeAll();
    await wide.close();
    await removeFolders();
  });

  /** Without the end of our own sessions: a run may be under way in this process. */
  const look = (without: string[] = []): Promise<Diagnosis> => {
    const all = parseHosts(JSON.stringify(wide.rig.lab.ready), "lab.json");
    return examine(new Map([...all].filter(([name]) => !without.includes(name))));
  };
  const ours = ({ findings }: Diagnosis): Finding[] => findings.filter(({ id }) => OWN.test(id));
  const told = (found: Diagnosis): string[] => ours(found).map(({ id, severity, object }) => `${severity} ${id} ${object}`);
  /** A run that fails at EDGE01, with EDGE02 out beside it. */
  const fails = () =>
    wide.fails(wide.program("v2", { edges: FOUR }, wide.failing("EDGE01", "EDGE02")), "EDGE01/import-subscription.after-intent");

  it("while a run is at work: two notices, and nothing to do", async () => {
    let seen: Diagnosis | undefined;
    const both = wide.bothOut("EDGE01", "EDGE02");
    let looked = (): void => undefined;
    const afterLook = new Promise<void>((resolve) => (looked = resolve));
    await wide.apply(
      wide.program("v2", { edges: FOUR }, async (edge) => {
        await both(edge);
        if (edge === "EDGE01") seen = await look().finally(looked);
        if (edge === "EDGE02") await afterLook;
      }),
    );
    assert.deepEqual(seen!.unread, []);
    assert.deepEqual(told(seen!), ["notice rotation-at-work EDGE01", "notice rotation-at-work EDGE02"]);
    const [first] = ours(seen!);
    assertFilled(first);
    assert.match(
      first.seen[0],
      /^EDGE01 is out of service: a rotation of shop\/.* has been open since 2\d{3}-.*Z \(\d+ min\), step \d of \d: /,
    );
    assert.match(first.seen.join("\n"), /MBX01 counts it as one of site Default-First-Site-Name that is out of service/);
    assert.match(first.seen.join("\n"), /Out of service beside it: EDGE02\./);
    assert.match(first.seen.join("\n"), /Services: .*MSExchangeTransport \(Stopped\)/);
    assert.ok(!seen!.findings.some(({ id }) => id === "service-not-running"), "told with the rotation");
    assert.deepEqual(told(await look()), [], "nothing is left of it afterwards");
  });

  it("after a failure: both Edges, which failed, and the way on", async () => {
    await fails();
    const found = await look();
    assert.deepEqual(told(found), ["error rotation-left-open EDGE01", "error rotation-left-open EDGE02"]);
    const [first, second] = ours(found);
    assertFilled(first);
    assert.match(first.seen.join("\n"), /has failed \(FAILPOINT\): no other Edge of the site leaves service/);
    assert.match(second.seen.join("\n"), /Out of service beside it: EDGE01 \(failed: FAILPOINT\)\./);
    assert.match(first.remedy.join("\n"), /`pulumi up --refresh` in stack shop\/.* goes on with every Edge/);
    assert.match(first.remedy.join("\n"), /`npx pulumi-exchange resume EDGE01`/);
    assert.ok(textDiagnosis(found, false).some((line) => /^error +rotation-left-open on EDGE01$/.test(line)));
    const without = await look(["EDGE01"]);
    assert.deepEqual(told(without), ["error rotation-left-open EDGE02", "error window-unseen EDGE01"]);
    const { code, out } = await cli(["doctor", "--hosts", await hostsFile(wide.rig.lab)]);
    assert.equal(code, 1, out);
    assert.match(out, /^error +rotation-left-open on EDGE01$/m);
    const report = await cli(["report", "--hosts", await hostsFile(wide.rig.lab)]);
    const lines = report.out.match(
      /^open: EDGE0\d is out of service: a rotation of shop\/.* step \d of \d: .*; `doctor` says what to do$/gm,
    );
    assert.equal(lines?.length, 2, report.out + report.err);
    await wide.apply(wide.program("v2", { edges: FOUR }), { refresh: true });
    assert.deepEqual(told(await look()), []);
  });

  it("an abandoned Edge, and a window that a crash has left without a rotation", async () => {
    await fails();
    const given = await cli(["resume", "EDGE01", "--abandon", "--yes", "--hosts", await hostsFile(wide.rig.lab)]);
    assert.equal(given.code, 0, given.err);
    assert.match(ours(await look())[0].seen.join("\n"), /MBX01 has no window of it: its site was freed for others/);
    for (const edge of TWO) {
      const back = await cli(["resume", edge, "--yes", "--hosts", await hostsFile(wide.rig.lab)]);
      assert.equal(back.code, 0, back.err);
    }
    wide.leaveWindow("EDGE03");
    const found = await look();
    assert.deepEqual(told(found), ["warning window-left-over EDGE03"]);
    assertFilled(ours(found)[0]);
    assert.deepEqual(told(await look(["EDGE03"])), ["warning window-unseen EDGE03"]);
    wide.leaveWindow("EDGE03", "Outbound");
    const flipped = await look();
    assert.deepEqual(told(flipped), ["notice connector-flip Outbound"]);
    assertFilled(ours(flipped)[0]);
    assert.match(
      ours(flipped)[0].seen.join("\n"),
      /has restarted transport in site Default-First-Site-Name, one Edge after the other, .*; now EDGE03\.$/,
    );
  });
});
