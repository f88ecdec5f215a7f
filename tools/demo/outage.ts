/**
 * The story that every messaging administrator knows: the certificate of the Edges is renewed by hand the usual way, nobody subscribes them
 * again, and mail stands still. `doctor` says why, a preview what would be done, one `up` does it. Every count comes from the lab.
 */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { setTimeout as pause } from "node:timers/promises";
import type { Diagnosis } from "../../provider/cli/doctor/report";
import type { IssuedCertificate } from "../../lab/issued";
import { lookAtDoors } from "./doors";
import { RECIPIENT } from "./mail";
import { pendingLines, doorTable } from "./show";
import { NONE, type Outage, sentence } from "./outageWords";
import { runStep, type Stage } from "./steps";
import { thumbprintsOf } from "./story";
import { ROOT, type Workspace } from "./workspace";

/** As many as stood still when this happened to others. */
const MAILS = 40;
/** EdgeSync and the queues take seconds in the lab, minutes in real life. */
const PATIENCE_MS = 120_000;
const POLL_MS = 250;

export class OutageTeller {
  private readonly told: Outage = {
    mails: MAILS,
    still: NONE,
    end: NONE,
    doctor: [],
    healthy: [],
    byHand: [],
    before: [],
    after: [],
    failures: [],
  };

  constructor(
    private readonly stage: Stage,
    private readonly workspace: Pick<Workspace, "use">,
    private readonly folder: string,
  ) {}

  async tell(): Promise<Outage> {
    try {
      await this.chapters();
    } catch (error) {
      this.stage.signal.throwIfAborted();
      this.expect(false, (error as Error).message);
    }
    return this.told;
  }

  private async chapters(): Promise<void> {
    const { lab, say } = this.stage;
    const hosts = join(this.folder, "hosts.json");
    writeFileSync(hosts, JSON.stringify(lab.ready), { mode: 0o600 });
    const thumbprints = await thumbprintsOf(lab);
    await this.renewByHand(
      (await lab.certificates()).find(({ name }) => name === "v2")!,
      thumbprints.v2,
    );
    this.told.before = await lookAtDoors(lab.ready.hosts);
    await this.mailStandsStill();
    await this.askDoctor(hosts);
    this.workspace.use("v2");
    say(`\n4. What would one \`pulumi up\` of the quickstart do?  [pulumi preview]`);
    this.told.preview = await runStep(this.stage, "preview", "preview");
    for (const line of pendingLines(this.told.preview)) say(`   ${line}`);
    this.expect(Object.keys(this.told.preview.connections).length === 0, "preview: a connection was opened");
    say("\n5. Do it  [pulumi up]");
    this.told.up = await runStep(this.stage, "up", "up");
    await this.mailFlows();
    await this.nothingIsLeft(hosts, thumbprints);
  }

  /** What is done in the field: import, enable, answer Yes; and the name stays, so nobody touches a connector. */
  private async renewByHand({ pfx, password }: IssuedCertificate, thumbprint: string): Promise<void> {
    const { lab, say } = this.stage;
    say("\n1. Both Edges get the renewed certificate by hand, the usual way");
    for (const { name } of lab.ready.hosts.filter(({ role }) => role === "Edge")) {
      await lab.operator(name, "Import-ExchangeCertificate", { FileData: { $bytes: pfx }, Password: { $secure: password } });
      await lab.operator(name, "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "SMTP", Force: true });
      await lab.operator(name, "Restart-Service", { Name: "MSExchangeTransport" });
      this.told.byHand.push(
        `[${name}] Import-ExchangeCertificate -FileData … -Password …`,
        `[${name}] Enable-ExchangeCertificate -Thumbprint ${thumbprint.slice(0, 8)}… -Services SMTP -Force`,
        `[${name}] Restart-Service MSExchangeTransport`,
      );
    }
    for (const line of this.told.byHand) say(`   ${line}`);
    say("   No error, no warning. STARTTLS presents the new certificate.");
  }

  private async mailStandsStill(): Promise<void> {
    const { lab, say } = this.stage;
    say(`\n2. ${MAILS} mails come in from outside`);
    const doors = lab.ready.hosts
      .filter(({ role }) => role === "Edge")
      .map(({ smtp }) => createTransport({ ...smtp, secure: false, ignoreTLS: true }));
    for (let number = 0; number < MAILS; number++) {
      const text = `Mail ${number + 1} of ${MAILS}`;
      await doors[number % doors.length].sendMail({ from: "someone@sender.example", to: RECIPIENT, subject: text, text });
    }
    // Each queue has been tried once more than the others waited.
    await this.until(async () => (await this.refused()) >= 2);
    this.told.still = (await lab.state()).mail;
    say(`   ${sentence(this.told.still)}`);
    this.expect(this.told.still.sent === MAILS, `mail: the lab accepted ${this.told.still.sent} of ${MAILS}`);
    this.expect(this.told.still.delivered === 0, `mail: ${this.told.still.delivered} were delivered though direct trust is broken`);
  }

  /** Edges on which a queue says why it waits. */
  private async refused(): Promise<number> {
    const { queues } = await this.stage.lab.state();
    const waiting = Object.values(queues).filter((all) =>
      all.some(({ LastError, MessageCount }) => MessageCount > 0 && /454 4\.7\.0/.test(LastError)),
    );
    return waiting.length;
  }

  private async askDoctor(hosts: string): Promise<void> {
    const { say } = this.stage;
    say("\n3. What is wrong?  [npx pulumi-exchange doctor --hosts hosts.json]");
    const { code, text, diagnosis } = await doctor(hosts);
    this.told.doctor = text;
    for (const line of text) say(`   ${line}`);
    this.expect(code === 1, `doctor ended with ${code}`);
    for (const edge of ["EDGE01", "EDGE02"]) {
      const found = diagnosis.findings.filter(
        ({ past, object, seen, places }) => !past && JSON.stringify([object, seen, places]).includes(edge),
      );
      const named = found.some(
        ({ cause, remedy }) => /direct trust|subscri/i.test(cause) && remedy.some((step) => /subscribe again/.test(step)),
      );
      this.expect(named, `doctor: no finding names the broken direct trust of ${edge} and its remedy`);
    }
    this.expect(
      text.some((line) => /454 4\.7\.0/.test(line)),
      "doctor: no queue's error is told",
    );
  }

  private async mailFlows(): Promise<void> {
    const { lab, say } = this.stage;
    say("\n6. And the mail?");
    await this.until(async () => (await lab.state()).mail.delivered === MAILS);
    this.told.end = (await lab.state()).mail;
    say(`   ${sentence(this.told.end)}`);
    this.expect(this.told.end.delivered === MAILS, `mail: ${this.told.end.delivered} of ${MAILS} were delivered at the end`);
    this.expect(this.told.end.lost === 0, `mail: ${this.told.end.lost} were lost`);
  }

  /** Doors, stores and the doctor agree; the predecessor of the same name is gone from the Edges. */
  private async nothingIsLeft(hosts: string, { v1, v2 }: { v1: string; v2: string }): Promise<void> {
    const { lab, say } = this.stage;
    say("\n7. What is left?");
    this.told.after = await lookAtDoors(lab.ready.hosts);
    for (const line of doorTable(this.told.after)) say(`   ${line}`);
    for (const { server, door, thumbprint } of this.told.after)
      this.expect(thumbprint === v2, `${door} of ${server} presents ${thumbprint}`);
    const state = await lab.state();
    for (const { name, defaultThumbprint, certificates } of state.servers.filter(({ role }) => role === "Edge")) {
      this.expect(defaultThumbprint === v2, `the default of ${name} is ${String(defaultThumbprint)}`);
      this.expect(!certificates.some(({ thumbprint }) => thumbprint === v1), `the predecessor ${v1.slice(0, 8)}… is still on ${name}`);
    }
    for (const { Name, certificateThumbprint } of state.subscriptions)
      this.expect(certificateThumbprint === v2, `the subscription of ${Name} binds ${String(certificateThumbprint)}`);
    const { diagnosis, text } = await doctor(hosts);
    this.told.healthy = text;
    const now = diagnosis.findings.filter(({ past, severity }) => !past && severity === "error");
    this.expect(now.length === 0, `doctor still finds ${now.map(({ id, host }) => `${id} on ${host}`).join(", ")}`);
    say(`   doctor: ${now.length} errors; ${v1.slice(0, 8)}… is gone from both Edges.`);
  }

  private async until(holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await holds()) && Date.now() < deadline) {
      this.stage.signal.throwIfAborted();
      await pause(POLL_MS);
    }
  }

  private expect(holds: boolean, otherwise: string): void {
    if (holds) return;
    this.told.failures.push(otherwise);
    this.stage.say(`   NOT AS IT SHOULD BE: ${otherwise}`);
  }
}

interface Visit {
  code: number;
  text: string[];
  diagnosis: Diagnosis;
}

/** The command as an administrator types it: its text, and the same as JSON. */
async function doctor(hosts: string): Promise<Visit> {
  const run = (...more: string[]): Promise<{ code: number; out: string }> =>
    new Promise((resolve) =>
      execFile(
        process.execPath,
        [join(ROOT, "dist", "provider", "cli", "main.js"), "doctor", "--hosts", hosts, ...more],
        { maxBuffer: 1 << 24 },
        (error, stdout) => resolve({ code: typeof error?.code === "number" ? error.code : error ? 2 : 0, out: stdout }),
      ),
    );
  const { code, out } = await run();
  return { code, text: out.trimEnd().split("\n"), diagnosis: JSON.parse((await run("--json")).out) as Diagnosis };
}
