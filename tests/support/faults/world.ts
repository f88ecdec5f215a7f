/** One simulated organisation for one case: the lab's model and hosts, without doors: wires in memory lead to its agents. */
import type { LabOptions } from "../../../lab/start";
import { fullState } from "../../../lab/control/routes";
import { Faults, type FaultSpec } from "../../../lab/doors/faults";
import { Host, type HostServices } from "../../../lab/doors/host";
import { History, type HistoryEntry } from "../../../lab/doors/history";
import { issuedCertificates, type IssuedCertificate } from "../../../lab/issued";
import type { LabOrganisation } from "../../../lab/model/contract";
import { openOrganisation, reboot } from "../../../lab/open";
import type { JsonObject } from "../../../provider/base/json";
import { expireNext } from "./modules";
import type { Mail, OperatorEdit } from "./outside";
import "../keys";
import { FAULTS_SCENARIO } from "./scenario";
import { putBack, takeDown, type Snapshot } from "./snapshot";
import { setTime } from "./virtualTime";

/** A call that hangs is given up by somebody's deadline. */
class HangingFaults extends Faults {
  override match(host: { name: string; fqdn: string }, cmdlet: string): FaultSpec[] {
    const hits = super.match(host, cmdlet);
    if (hits.some(({ kind }) => kind === "hang")) void expireNext();
    return hits;
  }
}

export class World {
  readonly history = new History();
  readonly faults = new HangingFaults();
  readonly hosts = new Map<string, Host>();
  /** What an operator has typed. */
  readonly edits = new Set<OperatorEdit>();
  /** By how many seconds a host's clock is wrong. */
  private readonly skews = new Map<string, number>();
  /** Mails sent so far, and those that no server took yet. */
  mails = 0;
  readonly outbox = new Map<string, Mail>();
  /** Restarts of machines, each until its services are back. */
  readonly reboots: Promise<void>[] = [];
  /** PowerShell process → number of the provider process that it serves. */
  readonly runs: { [session: string]: number } = {};
  /** Open connections of all providers. */
  readonly wires = new Set<{ readonly server: string; drop(reason: string): void }>();

  private constructor(readonly organisation: LabOrganisation) {}

  static async open(options: Pick<LabOptions, "scenario" | "toggles" | "latencies"> = {}): Promise<World> {
    const organisation = await openOrganisation(options.scenario ?? FAULTS_SCENARIO, { speed: 1, ...options });
    const world = new World(organisation);
    for (const name of organisation.hostNames) world.addHost(name);
    return world;
  }

  private addHost(name: string): void {
    const { organisation, history, faults } = this;
    const services: HostServices = { organisation, history, faults, startCost: { powershell: 0, exchange: 0 } };
    this.hosts.set(name, new Host(name, { user: "Administrator", password: "not asked for here" }, services));
  }

  host(name: string): Host {
    return this.hosts.get(name)!;
  }
  /** How a program names a host; it leads nowhere but to this world. */
  connection(name: string): JsonObject {
    return {
      host: `${name.toLowerCase()}.contoso.com`,
      name,
      user: "Administrator",
      password: CANARIES.login,
      hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
    };
  }
  certificate(name: string): IssuedCertificate {
    return issuedCertificates(this.organisation).find((one) => one.name === name)!;
  }
  fault(fault: Partial<FaultSpec> & Pick<FaultSpec, "at" | "kind">): void {
    this.faults.add({ nth: 1, times: 1, ...fault });
  }
  state(): LabState {
    return JSON.parse(JSON.stringify(fullState(this.organisation))) as LabState;
  }
  get entries(): HistoryEntry[] {
    return this.history.entries;
  }

  /** One host's clock jumps. */
  moveClock(seconds: number, host: string): void {
    this.skews.set(host, (this.skews.get(host) ?? 0) + seconds);
    this.organisation.advanceClock(seconds, host);
  }
  /** What an administrator does about a clock that is wrong: CLOCK_SKEW says so. */
  setClocksRight(): void {
    for (const [host, seconds] of this.skews) if (seconds !== 0) this.moveClock(-seconds, host);
  }

  /** Restarts a machine: its connections are gone. */
  async reboot(name: string): Promise<void> {
    for (const wire of [...this.wires]) if (wire.server === name) wire.drop("the machine restarts");
    const utc = this.organisation.now(name).toISOString();
    const entry = { host: name, session: "operator", pid: 0, fence: null, cmdlet: "Restart-Computer", parameters: {}, mutating: true, utc };
    Object.assign(this.history.begin(entry), { executed: true, outcome: "ok" });
    const booted = reboot(this.organisation, name);
    this.reboots.push(booted);
    await booted;
  }

  /** All that it holds at this moment. */
  save(): { world: Snapshot; at: number } {
    const { certificates, issuance } = this.organisation as unknown as { [name: string]: unknown };
    const fixed = new Set<unknown>([certificates, issuance, this.wires]);
    // A call that has ended is history: its entry changes no more.
    const isOver = (object: object): boolean => "seq" in object && "outcome" in object && object.outcome !== "unknown";
    return { world: takeDown(this, (object) => fixed.has(object) || isOver(object)), at: Date.now() };
  }

  /** Goes back to a moment: connections of that time are gone, faults too. */
  load({ world, at }: { world: Snapshot; at: number }): void {
    setTime(at);
    putBack(world);
    this.wires.clear();
    this.faults.clear();
  }

  close(): void {
    this.organisation.close();
  }
}

/** Values that must turn up nowhere (I6). */
export const CANARIES = { login: "canary-Login-7f3a91" };

/** What `GET /state` shows, as far as faults look at it. */
export interface LabState {
  servers: ServerState[];
  subscriptions: { Name: string; Site: string; certificateThumbprint: string | null }[];
  sendConnectors: { [property: string]: unknown }[];
  mail: { sent: number; delivered: number; queued: number; lost: number };
}
export interface ServerState {
  name: string;
  role: "Edge" | "Mailbox";
  certificates: { thumbprint: string; subject: string; issuer: string; services: string[]; hasPrivateKey: boolean }[];
  defaultThumbprint: string | null;
  transportThumbprint: string | null;
  ldapsThumbprint: string | null;
  services: { [name: string]: string };
  receiveConnectors: { [property: string]: unknown }[];
  sendConnectors?: { [property: string]: unknown }[];
  files: { path: string; text: string }[];
}
