/** `npm run demo` as users and checks run it: its exit code, its last line, and what it leaves behind. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../tools/demo/types";
import { progress } from "../../tools/testing/patience";

const PROGRAM = join(__dirname, "..", "..", "tools", "demo.js");
const DOORS = ["EDGE01 STARTTLS", "EDGE01 LDAPS", "EDGE02 STARTTLS", "EDGE02 LDAPS"];

describe("the demo", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "demo-test-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (env: NodeJS.ProcessEnv = {}): Demo => new Demo({ TMPDIR: folder, TEMP: folder, TMP: folder, ...env });

  it("tells the whole story, loses no mail, and says so in its last line", async () => {
    const demo = start();
    const code = await demo.end();
    const report = demo.report();
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
    assert.deepEqual(readdirSync(folder), [], "nothing is left behind");
  });

  it("fails, with the reason, when an operation fails", async () => {
    const demo = start({ PULUMI_EXCHANGE_FAILPOINT: "MBX01/certificate.before-reply=error" });
    assert.equal(await demo.end(), 1);
    const { ok, failures } = demo.report();
    assert.equal(ok, false);
    assert.match(failures.join("\n"), /^deploy: pulumi up failed: .*\[FAILPOINT\] MBX01/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("can be interrupted: Pulumi is stopped in order and nothing is left behind", async () => {
    const demo = start();
    await demo.says("1. Deploy v1");
    demo.child.kill("SIGINT");
    assert.equal(await demo.end(), 130);
    assert.deepEqual(demo.report().failures, ["interrupted by SIGINT"]);
    assert.deepEqual(readdirSync(folder), []);
  });
});

class Demo {
  readonly child: ChildProcess;
  private output = "";
  private readonly ended: Promise<number>;

  constructor(env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [PROGRAM, "--json"], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      progress();
    });
    this.ended = once(this.child, "close").then(([code]) => code as number);
  }

  end(): Promise<number> {
    return this.ended;
  }

  /** Waits until a text was printed; the test's own timeout is the deadline. */
  async says(text: string): Promise<void> {
    const over = this.ended.then((code) => assert.fail(`ended with code ${code} before it said "${text}"`));
    while (!this.output.includes(text)) await Promise.race([once(this.child.stdout!, "data"), over]);
    over.catch(() => undefined);
  }

  /** The last line. */
  report(): Report {
    return JSON.parse(this.output.trimEnd().split("\n").at(-1)!) as Report;
  }
}
