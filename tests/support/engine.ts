/** Tests on the real engine: one lab and one stack, and what the lab saw of each operation. */
import assert from "node:assert/strict";
import { issuedCertificates } from "../../lab/issued";
import { control, startTestLab } from "./lab";
import { describeCertificate } from "pulumi-exchange";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { HistoryEntry } from "../../lab/doors/history";
import type { ConnectionRecord } from "../../lab/doors/ssh/server";
import type { Lab, LabOptions } from "../../lab/start";
import { issued } from "./engine/programs";
import type { RunResult } from "./engine/results";
import { TestStack, type RunOptions } from "./engine/stack";

export * from "./engine/programs";
export type { PulumiFn } from "@pulumi/pulumi/automation";
export { count, isNoOp, plainText, stepsOf, type Operation, type RunResult } from "./engine/results";
export { adopted, inService } from "./engine/expectations";
export { CAN_KILL, isAlive, killEngine, providerProcesses } from "./engine/kill";
export { figure, settled, stateOf } from "./engine/figures";
export { nameOf, TestStack, type RunOptions, type StateResource } from "./engine/stack";

/** One server in the lab's state. */
export interface ServerState {
  name: string;
  certificates: { thumbprint: string; subject: string; services: string[] }[];
  defaultThumbprint: string | null;
  transportThumbprint: string | null;
  ldapsThumbprint: string | null;
  services: Record<string, string>;
  files: { path: string; text: string }[];
}

/** What an operation did at the lab. */
export interface Seen {
  /** Everything that was asked, operators included. */
  calls: HistoryEntry[];
  /** Calls that changed Exchange. */
  mutating: HistoryEntry[];
  connections: ConnectionRecord[];
  /** Connections by host. */
  connectionsOf: Record<string, number>;
  /** PowerShell processes by host. */
  processesOf: Record<string, number>;
}

/** A run with what the lab saw of it. */
export type Observed = RunResult & { seen: Seen };

/** A lab and a stack of its own. */
export class Story {
  private constructor(
    readonly lab: Lab,
    readonly stack: TestStack,
  ) {}

  static async start(options: LabOptions = {}): Promise<Story> {
    return Story.over(await startTestLab({ scenario: "contoso", ...options }));
  }

  /** A story of a lab that is there already. */
  static async over(lab: Lab): Promise<Story> {
    return new Story(lab, await TestStack.create());
  }

  get control() {
    return control(this.lab);
  }

  up(program: PulumiFn, options?: RunOptions): Promise<Observed> {
    return this.observe(() => this.stack.up(program, options));
  }
  preview(program: PulumiFn, options?: RunOptions): Promise<Observed> {
    return this.observe(() => this.stack.preview(program, options));
  }
  refresh(options?: RunOptions): Promise<Observed> {
    return this.observe(() => this.stack.refresh(options));
  }
  destroy(options?: RunOptions): Promise<Observed> {
    return this.observe(() => this.stack.destroy(options));
  }

  /** Runs `work` and adds what reached the lab meanwhile. */
  async observe(work: () => Promise<RunResult>): Promise<Observed> {
    const doors = [...this.lab.hosts.values()].map(({ ssh }) => ssh);
    const connectionsBefore = new Map(doors.map((door) => [door, door.connections.length]));
    const callsBefore = this.lab.history.entries.length;
    const result = await work();
    this.refuseSecrets(result.output, "what the CLI printed");
    this.refuseSecrets(this.stack.stateFile(), "the state file");
    this.refuseSecrets(JSON.stringify(this.lab.history.entries), "the history");
    for (const name of this.lab.organisation.hostNames) {
      for (const [file, bytes] of this.lab.organisation.files(name))
        this.refuseSecrets(Buffer.from(bytes).toString("utf8"), `${file} of ${name}`);
    }
    const calls = this.lab.history.entries.slice(callsBefore);
    const connections = doors.flatMap((door) => door.connections.slice(connectionsBefore.get(door)));
    return { ...result, seen: seenOf(calls, connections) };
  }

  /** Fails when a text holds a secret of this lab: a password or key material. */
  refuseSecrets(text: string, where: string): void {
    const secrets = [...this.lab.ready.hosts.map(({ ssh }) => ssh.password), ...this.secrets];
    for (const secret of secrets) assert.ok(!text.includes(secret), `a secret stands in ${where}`);
  }

  private get secrets(): string[] {
    return issuedCertificates(this.lab.organisation).flatMap(({ pfx, password, keyPem }) => [
      password,
      pfx.slice(0, 400),
      // Within the private exponent: the modulus before it is in the certificate too. An EC key has three lines in all.
      keyPem.split("\n")[14] ?? keyPem.split("\n")[1],
    ]);
  }

  /** Lets leases of a killed run expire on every host. */
  async afterLease(): Promise<void> {
    await this.control.clock(31);
  }

  server(name: string): ServerState {
    const servers = this.lab.organisation.state().servers as ServerState[];
    return servers.find((one) => one.name === name)!;
  }
  connector(name: string): Record<string, unknown> {
    const connectors = this.lab.organisation.state().sendConnectors as Record<string, unknown>[];
    return connectors.find((one) => one.Name === name)!;
  }
  installed(server: string): string[] {
    return this.server(server).certificates.map((one) => one.thumbprint);
  }
  /** A file of a host's working folder, or undefined. */
  file(server: string, path: string): string | undefined {
    const bytes = this.lab.organisation.files(server).get(path);
    return bytes === undefined ? undefined : Buffer.from(bytes).toString("utf8");
  }
  /** Thumbprint of a certificate that the scenario issued. */
  thumbprint(name: string): string {
    return describeCertificate(issued(this.lab, name).pem).thumbprint;
  }
  /** TlsCertificateName of a certificate that the scenario issued. */
  tlsName(name: string): string {
    return describeCertificate(issued(this.lab, name).pem).tlsCertificateName;
  }

  async end(): Promise<void> {
    this.stack.remove();
    await this.lab.close();
  }
}

function seenOf(calls: HistoryEntry[], connections: ConnectionRecord[]): Seen {
  const processes = new Map(calls.filter((call) => call.session !== "operator").map((call) => [call.session, call.host]));
  return {
    calls,
    mutating: calls.filter((call) => call.mutating),
    connections,
    connectionsOf: tally(connections.map(({ host }) => host)),
    processesOf: tally([...processes.values()]),
  };
}

function tally(names: string[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const name of names) result[name] = (result[name] ?? 0) + 1;
  return result;
}

/** `EDGE01:Stop-Service` for each call, in order. */
export function named(calls: HistoryEntry[]): string[] {
  return calls.map(({ host, cmdlet }) => `${host}:${cmdlet}`);
}

/** Declares hooks: one lab and one stack for the suite. Call the result inside tests. */
export function storyForAll(options: LabOptions = {}): () => Story {
  let story: Story | undefined;
  before(async function () {
    this.timeout(60_000);
    story = await Story.start(options);
  });
  after(() => story?.end());
  return () => story!;
}
