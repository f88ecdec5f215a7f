/** The story that the demo tells, and what has to be true after each part of it. */
import { X509Certificate } from "node:crypto";
import { type Look, lookAtDoors } from "./doors";
import type { Drift } from "./events";
import type { LabProcess } from "./lab";
import { inspectState } from "./report";
import { type Operation, runStep, type Stage, type StepResult } from "./steps";
import { doorTable, pendingLines } from "./show";
import type { Story } from "./types";
import type { Workspace } from "./workspace";

/** What somebody does by hand on a server in the middle of the story. */
const BY_HAND = {
  host: "MBX01",
  cmdlet: "Set-SendConnector",
  parameters: { Identity: "Outbound to Office 365", TlsCertificateName: null },
} as const;

export class Storyteller {
  private readonly story: Story = { steps: [], before: [], after: [], afterDestroy: [], drift: [], failures: [] };

  constructor(
    private readonly stage: Stage,
    private readonly workspace: Pick<Workspace, "use" | "secrets">,
    /** Thumbprints of the certificates that take part. */
    private readonly thumbprints: { v1: string; v2: string },
  ) {}

  /** Tells it to the end, or as far as it goes: an operation that fails ends it and is one of `failures`. */
  async tell(): Promise<Story> {
    try {
      await this.chapters();
    } catch (error) {
      this.stage.signal.throwIfAborted();
      this.expect(false, (error as Error).message);
    }
    return this.story;
  }

  private async chapters(): Promise<void> {
    const { story } = this;
    story.before = await this.look("The doors before", this.thumbprints.v1);
    await this.deploy();
    story.preview = await this.previewRotation();
    story.after = await this.rotate();
    await this.settle();
    story.drift = await this.driftAndMend();
    story.state = inspectState((await this.stage.stack.exportStack()).deployment, this.workspace.secrets);
    story.afterDestroy = await this.destroy();
  }

  private async deploy(): Promise<void> {
    this.workspace.use("v1");
    const step = await this.step("deploy", "up", "Deploy v1: adopts what is there");
    this.expect(step.changes.create !== undefined, "deploy: nothing was created");
    this.expect(step.mutating === 0, `deploy: ${step.mutating} calls changed Exchange, though everything was there already`);
  }

  private async previewRotation(): Promise<StepResult> {
    const { v1, v2 } = this.thumbprints;
    this.workspace.use("v2");
    const step = await this.step("preview", "preview", "Preview v2: the pending rotation, offline");
    for (const line of pendingLines(step)) this.stage.say(`   ${line}`);
    this.expect(Object.keys(step.connections).length === 0, "preview: a connection was opened");
    for (const server of ["edge01", "edge02"]) {
      const told = step.pending.find(({ resource }) => resource.includes(`${server}-certificate`));
      const words = [v1.slice(0, 8), v2.slice(0, 8), "valid until"].every((part) => told?.rotation.includes(part));
      this.expect(words, `preview: no sentence about ${v1.slice(0, 8)} → ${v2.slice(0, 8)} on ${server.toUpperCase()}`);
      this.expect((told?.plan.length ?? 0) > 0, `preview: no plan for ${server.toUpperCase()}`);
    }
    return step;
  }

  private async rotate(): Promise<Look[]> {
    const step = await this.step("rotate", "up", "Apply it: one Edge after the other, mail keeps flowing");
    this.expect(step.mutating > 0, "rotate: Exchange was not changed");
    const after = await this.look("The doors after", this.thumbprints.v2);
    await this.inService("rotate");
    return after;
  }

  /** Nothing is left to do, and state agrees with the servers. */
  private async settle(): Promise<void> {
    for (const [name, operation, title] of [
      ["preview again", "preview", "Preview again: no change"],
      ["no-op", "up", "Apply again: nothing happens"],
      ["refresh", "refresh", "Refresh: no drift"],
    ] as const) {
      const step = await this.step(name, operation, title);
      if (operation === "preview") for (const line of pendingLines(step)) this.stage.say(`   ${line}`);
      this.expect(onlySame(step), `${name}: expected no change, got ${JSON.stringify(step.changes)}`);
      this.expect(step.mutating === 0, `${name}: ${step.mutating} calls changed Exchange`);
    }
  }

  private async driftAndMend(): Promise<Drift[]> {
    const { lab, say } = this.stage;
    const { host, cmdlet, parameters } = BY_HAND;
    const before = await this.nameOfConnector();
    await lab.operator(host, cmdlet, parameters);
    const typed = `${cmdlet} "${parameters.Identity}" -TlsCertificateName $null`;
    const seen = await this.step("drift", "refresh", `Somebody types on ${host}: ${typed}. Refresh shows it`);
    for (const one of seen.drift) say(`   ${one.resource.trim()}: ${one.property} was ${word(one.was)}, is ${word(one.is)}`);
    this.expect(
      seen.drift.some(({ property }) => property === "tlsCertificateName"),
      "drift: refresh did not show the changed connector",
    );
    const mended = await this.step("mend", "up", "Mend it");
    this.expect(mended.mutating > 0, "mend: Exchange was not changed");
    const now = await this.nameOfConnector();
    this.expect(now === before, `mend: the connector's name is ${word(now)}, not ${word(before)}`);
    await this.inService("mend");
    return seen.drift;
  }

  private async destroy(): Promise<Look[]> {
    const step = await this.step("destroy", "destroy", "Destroy the stack: what is in use stays");
    this.expect(step.changes.delete !== undefined, "destroy: nothing was deleted from the stack");
    await this.inService("destroy");
    const name = await this.nameOfConnector();
    this.expect(name !== null && name !== "", "destroy: the connector lost its certificate");
    return this.look("The doors after the destroy", this.thumbprints.v2);
  }

  /** Both Edges run, hold the new certificate as their default, and are subscribed. */
  private async inService(after: string): Promise<void> {
    const state = await this.stage.lab.state();
    const edges = state.servers.filter(({ role }) => role === "Edge");
    for (const { name, defaultThumbprint, services, certificates } of edges) {
      const { MSExchangeTransport: transport } = services;
      this.expect(transport === "Running", `${after}: transport of ${name} is ${String(transport)}`);
      this.expect(
        defaultThumbprint === this.thumbprints.v2,
        `${after}: the default certificate of ${name} is ${String(defaultThumbprint)}`,
      );
      const installed = certificates.some(({ thumbprint }) => thumbprint === this.thumbprints.v2);
      this.expect(installed, `${after}: v2 is not installed on ${name}`);
    }
    this.expect(
      state.subscriptions.length === edges.length,
      `${after}: ${state.subscriptions.length} subscriptions for ${edges.length} Edges`,
    );
  }

  private async nameOfConnector(): Promise<string | null> {
    const { sendConnectors } = await this.stage.lab.state();
    return sendConnectors.find(({ Name }) => Name === BY_HAND.parameters.Identity)?.TlsCertificateName ?? null;
  }

  private async look(title: string, expected: string): Promise<Look[]> {
    const looks = await lookAtDoors(this.stage.lab.ready.hosts);
    this.stage.say(`\n${title}`);
    for (const line of doorTable(looks)) this.stage.say(`   ${line}`);
    this.expect(looks.length === 4, `${title}: ${looks.length} of 4 doors answered`);
    for (const { server, door, thumbprint } of looks) {
      this.expect(thumbprint === expected, `${title}: ${door} of ${server} presents ${thumbprint}, not ${expected}`);
    }
    return looks;
  }

  private async step(name: string, operation: Operation, title: string): Promise<StepResult> {
    this.stage.say(`\n${this.story.steps.length + 1}. ${title}  [pulumi ${operation}]`);
    const step = await runStep(this.stage, name, operation);
    this.story.steps.push(step);
    this.once(step, "SSH connections", step.connections);
    this.once(step, "PowerShell processes", step.processes);
    return step;
  }

  /** One connection and one PowerShell process a host and run. */
  private once({ name }: StepResult, what: string, found: { [server: string]: number }): void {
    for (const [server, count] of Object.entries(found)) this.expect(count === 1, `${name}: ${count} ${what} to ${server}`);
  }

  private expect(holds: boolean, otherwise: string): void {
    if (holds) return;
    this.story.failures.push(otherwise);
    this.stage.say(`   NOT AS IT SHOULD BE: ${otherwise}`);
  }
}

function onlySame({ changes }: StepResult): boolean {
  return (changes.same ?? 0) > 0 && Object.entries(changes).every(([kind, count]) => kind === "same" || count === 0);
}

const word = (value: unknown): string => (value === null || value === undefined || value === "" ? "empty" : JSON.stringify(value));

/** Thumbprints by the name that the scenario gives its certificates. */
export async function thumbprintsOf(lab: LabProcess): Promise<{ v1: string; v2: string }> {
  const issued = await lab.certificates();
  const of = (wanted: string): string => {
    const found = issued.find(({ name }) => name === wanted);
    if (!found) throw new Error(`The lab has no certificate ${wanted}.`);
    return new X509Certificate(found.pem).fingerprint.replaceAll(":", "");
  };
  return { v1: of("v1"), v2: of("v2") };
}
