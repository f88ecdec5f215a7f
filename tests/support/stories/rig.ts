/**
 * Resources against a lab over SSH, without Pulumi: the engine of the fault tests drives the real handlers in this process, and
 * every run ends as a provider process ends (leases given back, connections closed).
 */
import assert from "node:assert/strict";
import { forgetFleets } from "../../../provider/base/fleet";
import { setWriter } from "../../../provider/base/progress";
import { plain, type Json, type JsonObject } from "../../../provider/base/json";
import { createContext, handlers } from "../../../provider/handlers";
import { readCertificate } from "../../../provider/pki";
import { closeAll } from "../../../provider/remote/sessions";
import { releaseLeases } from "../../../provider/rotation/leasedShell";
import { issuedCertificates, type IssuedCertificate } from "../../../lab/issued";
import type { HistoryEntry } from "../../../lab/doors/history";
import type { Lab, LabOptions } from "../../../lab/start";
import { Engine, type Methods, type Program, type RunResult } from "../faults/engine";
import { control, startTestLab } from "../lab";

export type { Declare, Program } from "../faults/engine";
export type Kind = keyof typeof handlers;
export type Bag = { [property: string]: unknown };

/** What `GET /state` says of one server, as far as these tests look. */
export interface ServerView {
  name: string;
  certificates: {
    thumbprint: string;
    subject: string;
    issuer: string;
    services: string[];
    keyProvider: string;
    exportable: boolean;
    friendlyName: string;
  }[];
  requests: { thumbprint: string; subject: string }[];
  chain: string[];
  defaultThumbprint: string | null;
  transportThumbprint: string | null;
  ldapsThumbprint: string | null;
  services: { [name: string]: string };
  receiveConnectors: Bag[];
  sendConnectors?: Bag[];
  subscribed?: boolean;
  files: { path: string }[];
  events: { id: number; source: string; level: string; text: string }[];
}

/** A run, with what it printed and what the lab saw of it. */
export type Observed = RunResult & { lines: string[]; calls: HistoryEntry[]; mutating: string[] };

const methods = (): Methods => ({
  handler: (kind) => handlers[kind as Kind],
  context: () => createContext(),
  run: async (work) => {
    try {
      return await work();
    } finally {
      await releaseLeases();
      await closeAll();
      forgetFleets();
    }
  },
});

export class Rig {
  readonly engine = new Engine("shop/prod");

  private constructor(readonly lab: Lab) {}

  static async start(options: LabOptions = {}): Promise<Rig> {
    return new Rig(await startTestLab({ scenario: "contoso", ...options }));
  }
  /** A rig of a lab that is there already. */
  static over(lab: Lab): Rig {
    return new Rig(lab);
  }
  close(): Promise<void> {
    return this.lab.close();
  }
  get control() {
    return control(this.lab);
  }

  /** `pulumi up`, also of another stack; never throws for a failed run. */
  up(program: Program, options: { refresh?: boolean; stack?: Engine } = {}): Promise<Observed> {
    return this.observe(() => (options.stack ?? this.engine).up(methods(), program, options));
  }
  destroy(): Promise<Observed> {
    return this.observe(() => this.engine.destroy(methods()));
  }
  /** `pulumi up` that has to succeed. */
  async apply(program: Program, options: { refresh?: boolean; stack?: Engine } = {}): Promise<Observed> {
    const run = await this.up(program, options);
    if (!run.ok) throw new Error(`the run failed: ${run.error?.message}\n${run.lines.join("\n")}\n${run.mutating.join("\n")}`);
    return run;
  }
  /** `pulumi up` that has to fail; gives the error's text. */
  async fails(program: Program): Promise<Observed & { text: string }> {
    const run = await this.up(program);
    assert.equal(run.ok, false, "the run should have failed");
    return { ...run, text: run.error?.message ?? "" };
  }
  /** The same program again has nothing to do. */
  async settled(program: Program): Promise<void> {
    const again = await this.apply(program);
    assert.deepEqual([again.operations, again.mutating], [[], []]);
  }
  /** One resource alone. */
  one(kind: Kind, args: object, name: string = kind): Program {
    return async (declare) => void (await declare(kind, name, args));
  }

  /** `pulumi refresh` of one resource: what the servers say of it now. */
  async read(name: string): Promise<JsonObject> {
    const { kind, id, outs } = this.engine.state.resources[name];
    return methods().run(async () => {
      const { props = {} } = await handlers[kind as Kind].read(createContext(), id, outs);
      return plain(props);
    });
  }
  /** A resource's outputs as the stack has them. */
  outs(name: string): JsonObject & { [output: string]: Json } {
    const found = this.engine.state.resources[name];
    assert.ok(found, `the stack has no ${name}`);
    return found.outs;
  }

  private async observe(work: () => Promise<RunResult>): Promise<Observed> {
    const lines: string[] = [];
    const before = this.lab.history.entries.length;
    const writer = setWriter((line) => void lines.push(line));
    try {
      const result = await work();
      const calls = this.lab.history.entries.slice(before);
      const mutating = calls.filter((call) => call.mutating).map((call) => `${call.host}:${call.cmdlet}`);
      return { ...result, lines, calls, mutating };
    } finally {
      setWriter(writer);
    }
  }

  /** How a program names a host. */
  host(name: string): JsonObject {
    const found = this.lab.ready.hosts.find((one) => one.name === name);
    assert.ok(found, `the scenario has no host ${name}`);
    return { name, ...found.ssh };
  }
  issued(name: string): IssuedCertificate {
    const found = issuedCertificates(this.lab.organisation).find((one) => one.name === name);
    assert.ok(found, `the scenario issues no ${name}`);
    return found;
  }
  source(name: string): { pfx: string; password: string } {
    const { pfx, password } = this.issued(name);
    return { pfx, password };
  }
  thumbprint(name: string): string {
    return readCertificate(this.issued(name).pem).thumbprint;
  }
  tlsName(name: string): string {
    return readCertificate(this.issued(name).pem).tlsCertificateName;
  }

  server(name: string): ServerView {
    return (this.lab.organisation.state().servers as ServerView[]).find((one) => one.name === name)!;
  }
  certificate(server: string, thumbprint: string): ServerView["certificates"][number] | undefined {
    return this.server(server).certificates.find((one) => one.thumbprint === thumbprint);
  }
  sendConnectors(): Bag[] {
    return structuredClone(this.lab.organisation.state().sendConnectors as Bag[]);
  }
  sendConnector(name: string): Bag {
    return this.sendConnectors().find((one) => one.Name === name)!;
  }
  receiveConnector(server: string, name: string): Bag {
    return this.server(server).receiveConnectors.find((one) => one.Name === name)!;
  }
  subscriptions(): { Name: string; Site: string }[] {
    return this.lab.organisation.state().subscriptions as { Name: string; Site: string }[];
  }
  hybrid(): Bag {
    return this.lab.organisation.state().hybrid as Bag;
  }
  /** Paths of a host's working folder that speak of open work. */
  leftovers(...servers: string[]): string[] {
    const names = servers.length > 0 ? servers : this.lab.organisation.hostNames;
    return names.flatMap((name) =>
      [...this.lab.organisation.files(name).keys()].filter((path) => /^(windows|snapshots|flips|unlocks)\//.test(path)),
    );
  }
}

/** Declares hooks: one rig for each test of the suite. Call the result inside tests. */
export function rigForEach(options: () => LabOptions = () => ({})): () => Rig {
  let rig: Rig | undefined;
  beforeEach(async () => {
    rig = await Rig.start(options());
  });
  afterEach(async () => {
    await rig?.close();
    rig = undefined;
  });
  return () => rig!;
}
