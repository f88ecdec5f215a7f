/** `npm run demo` as users and checks run it: its exit code, its last line, and what it leaves behind. */
import assert from "node:assert/strict";
import type { Report } from "../../tools/demo/types";
import { Demo } from "../support/demo";

const DOORS = ["EDGE01 STARTTLS", "EDGE01 LDAPS", "EDGE02 STARTTLS", "EDGE02 LDAPS"];

describe("the demo", () => {
  let demo: Demo;
  const start = (env: NodeJS.ProcessEnv = {}): Demo => (demo = new Demo([], env));
  afterEach(() => demo.remove());

  it("tells the whole story, loses no mail, and says so in its last line", async () => {
    start();
    const code = await demo.end();
    const report = demo.report<Report>();
    assert.deepEqual(report.failures, []);
    assert.equal(code, 0);
    assert.equal(report.ok, true);
    console.log(`      demo: ${report.seconds} s, ${report.mail.sent} mails, ${report.history.mutating} changes on Exchange`);

    const step = (name: string) => report.steps.find((one) => one.name === name)!;
    assert.equal(step("deploy").mutating, 0, "the first up adopts");
    assert.deepEqual(step("preview").connections, {}, "a preview is offline");
    assert.equal(step("rotate").changes.replace, 3);
    for (const name of ["preview again", "no-op", "refresh"]) assert.deepEqual(step(name).changes, { same: 12 }, name);
    assert.equal(step("no-op").mutating, 0);
    assert.equal(step("drift").changes.update, 1);
    for (const { name, connections, processes } of report.steps) {
      for (const count of [...Object.values(connections), ...Object.values(processes)]) assert.equal(count, 1, name);
    }

    const seen = ({ server, door }: Report["before"][number]): string => `${server} ${door}`;
    for (const looks of [report.before, report.after, report.afterDestroy]) assert.deepEqual(looks.map(seen), DOORS);
    const leaves = (looks: Report["before"]): string[] => [...new Set(looks.map(({ thumbprint }) => thumbprint))];
    assert.equal(leaves(report.before).length, 1);
    assert.notDeepEqual(leaves(report.after), leaves(report.before));
    assert.deepEqual(leaves(report.afterDestroy), leaves(report.after));

    assert.ok(report.mail.sent > 0);
    assert.equal(report.mail.delivered, report.mail.sent);
    assert.equal(report.mail.lost, 0);
    assert.equal(report.secretsInState, 0);
    assert.ok(report.providerBytes! > 0 && report.providerBytes! <= 4096);
    assert.deepEqual(demo.left(), [], "nothing is left behind");
  });

  it("fails, with the reason, when an operation fails", async () => {
    start({ PULUMI_EXCHANGE_FAILPOINT: "MBX01/certificate.before-reply=error" });
    assert.equal(await demo.end(), 1);
    const { ok, failures } = demo.report<Report>();
    assert.equal(ok, false);
    assert.match(failures.join("\n"), /^deploy: pulumi up failed: .*\[FAILPOINT\] MBX01/);
    assert.deepEqual(demo.left(), []);
  });

  it("can be interrupted: Pulumi is stopped in order and nothing is left behind", async () => {
    start();
    await demo.says("1. Deploy v1");
    demo.child.kill("SIGINT");
    assert.equal(await demo.end(), 130);
    assert.deepEqual(demo.report<Report>().failures, ["interrupted by SIGINT"]);
    assert.deepEqual(demo.left(), []);
  });
});
