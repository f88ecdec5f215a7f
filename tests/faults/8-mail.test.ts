/**
 * Family 9: real mail over SMTP while provider processes are killed in the middle of a rotation, over real SSH. The sender
 * retries, as a mail server does: nothing is lost and nothing arrives twice.
 */
import assert from "node:assert/strict";
import { MailStream } from "../../lab/mailstream";
import type { Lab } from "../../lab/start";
import { checkEnd } from "../support/faults/checker";
import { family, isFull, isOver } from "../support/faults/families";
import { FRESH, runProcess, type Ended } from "../support/faults/realProcess";
import { count } from "../support/faults/report";
import { FAULTS_SCENARIO } from "../support/faults/scenario";
import type { Expectation, Violation } from "../support/faults/violations";
import type { LabState } from "../support/faults/world";
import { control, startTestLab } from "../support/lab";

const FAMILY = "9 mail while processes are killed";
/** Where it hurts most: transport stopped, default changed, subscription written, predecessor gone. */
const POINTS = [
  "EDGE01/drain.after-cmdlet",
  "EDGE01/enable.after-cmdlet",
  "EDGE01/import-subscription.after-cmdlet",
  "EDGE01/predecessor.after-cmdlet",
];
const ALL = ["drain", "import", "enable", "export", "import-subscription", "sync", "predecessor", "start"].flatMap((step) =>
  ["before-intent", "after-intent", "after-cmdlet", "after-result"].map((position) => `EDGE01/${step}.${position}`),
);
const EDGES = ["EDGE01"];

interface Ending {
  killed: boolean;
  ok: boolean;
  error?: string;
  runs: number;
  sent: number;
  violations: Violation[];
}

/** One kill after the other in one organisation, v1 adopted on one Edge. */
class MailKills {
  private readonly endings = new Map<string, Promise<Ending>>();
  private last: Promise<unknown> = Promise.resolve();
  private started: Promise<Lab> | undefined;
  private state = FRESH;
  private turn = 0;

  ending(point: string): Promise<Ending> {
    const known = this.endings.get(point);
    if (known) return known;
    const ending = this.last.then(async () => this.kill(await this.lab(), point));
    this.last = ending.catch(() => undefined);
    this.endings.set(point, ending);
    return ending;
  }

  async end(): Promise<void> {
    await (await this.started)?.close();
  }

  private lab(): Promise<Lab> {
    return (this.started ??= this.start());
  }

  private async start(): Promise<Lab> {
    const lab = await startTestLab({ scenario: FAULTS_SCENARIO, latencies: { edgeSyncTrustCache: 60 } });
    const first = await runProcess(lab, { state: this.state, shape: { certificate: "v1", edges: EDGES } });
    assert.ok(first.ok, first.error);
    this.state = first.state;
    return lab;
  }

  private async kill(lab: Lab, point: string): Promise<Ending> {
    const { state: look, history, deliveries } = control(lab);
    const before = (await look()) as unknown as LabState;
    const mark = (await history()).length;
    const hosts = lab.ready.hosts.filter(({ role }) => role === "Edge").map(({ smtp }) => smtp);
    const mail = new MailStream({ hosts, to: "someone@contoso.com", intervalMs: 100, retryMs: 50 });
    mail.start();
    const shape = { certificate: ["v1", "v2"][++this.turn % 2], edges: EDGES };
    const broken = await runProcess(lab, { state: this.state, shape, failPoint: `${point}=kill` });
    await control(lab).clock(60);
    let clean: Ended = broken;
    let runs = 0;
    while (!clean.ok && runs < 2) {
      clean = await runProcess(lab, { state: clean.state, shape, refresh: runs === 0 });
      runs += 1;
    }
    this.state = clean.state;
    await mail.stop();
    await control(lab).clock(1200);
    const after = (await look()) as unknown as LabState;
    const arrived = (await deliveries()).map(({ id }) => id);
    const { sent, lost } = mail.count(arrived);
    const twice = arrived.filter((id, index) => mail.ids.includes(id) && arrived.indexOf(id) !== index);
    const thumbprint = String(this.state.resources["EDGE01-certificate"]?.outs.thumbprint);
    const old = before.servers.find(({ name }) => name === "EDGE01")!.defaultThumbprint!;
    const expected: Expectation = { edges: { EDGE01: thumbprint }, replaced: [old] };
    const violations = checkEnd(before, after, (await history()).slice(mark), expected);
    if (lost > 0 || twice.length > 0) violations.push({ invariant: "mail", text: `${lost} of ${sent} lost, ${twice.length} twice` });
    return { killed: broken.killed, ok: clean.ok, error: clean.error, runs, sent, violations };
  }
}
const kills = new MailKills();

// It waits more than it works: at commit size it begins with the whole suite.
before(() => {
  if (isFull() || process.env.TESTS_FILTERED !== undefined) return;
  for (const point of POINTS) kills.ending(point).catch(() => undefined);
});

describe("mail while provider processes are killed", function () {
  this.timeout(isFull() ? 0 : 280_000);
  family(FAMILY);
  after(() => kills.end());

  for (const point of isFull() ? ALL : POINTS) {
    it(`SIGKILL at ${point}`, async function () {
      if (isOver()) return this.skip();
      const { killed, ok, error, runs, sent, violations } = await kills.ending(point);
      count(FAMILY, { violations, cleanRuns: ok ? runs : null });
      assert.ok(killed, "the process was not killed");
      assert.ok(ok, error);
      assert.deepEqual(violations, []);
      assert.ok(sent > 5, `${sent} mails`);
    });
  }
});
