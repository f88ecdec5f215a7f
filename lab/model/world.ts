/** What all rules share: clock, toggles, directory, servers. */
import { LabClock } from "./clock";
import { Directory } from "./directory";
import type { EventRecord } from "../../provider/remote/protocol";
import type { Bag, Server } from "./server";
import { defaultLatencies, defaultToggles, type Latencies, type LatencyName, type Toggles } from "./settings";
import { takesEcc } from "./ecc";
import type { TrustContext } from "./trust";
import { certificateOfBlob, type Certificate } from "./x509";

/** Longest event log of one server. */
const LOG_SIZE = 2000;

export class World {
  readonly servers = new Map<string, Server>();
  readonly toggles: Toggles = defaultToggles();
  readonly latencies: Latencies = defaultLatencies();
  readonly revoked = new Set<string>();
  /** Roots that nobody outside trusts, by thumbprint. */
  readonly internalRoots = new Set<string>();
  private readonly listeners = new Set<() => void>();
  /** Rooms that react to a change: transport (connectors), EdgeSync (server objects), mail (queues). */
  readonly onServerObject: (() => void)[] = [];
  readonly onConnectors: ((server: Server | null) => void)[] = [];
  readonly onReach: (() => void)[] = [];

  constructor(
    readonly clock: LabClock,
    readonly directory: Directory,
  ) {
    clock.onRan = () => this.changed();
  }

  server(name: string): Server {
    const wanted = name.toLowerCase();
    for (const server of this.servers.values())
      if (server.name.toLowerCase() === wanted || server.fqdn.toLowerCase() === wanted) return server;
    throw new Error(`Unknown host '${name}'. Known: ${[...this.servers.keys()].join(", ")}.`);
  }

  findServer(name: string): Server | undefined {
    const wanted = name.toLowerCase();
    return [...this.servers.values()].find((server) => [server.name, server.fqdn].some((known) => known.toLowerCase() === wanted));
  }

  get mailboxServers(): Server[] {
    return [...this.servers.values()].filter((server) => server.role === "Mailbox");
  }

  hubsOf(site: string): Server[] {
    return this.mailboxServers.filter((server) => server.site?.toLowerCase() === site.toLowerCase());
  }

  latency(name: LatencyName): number {
    return this.latencies[name];
  }

  after(name: LatencyName, run: () => void): () => void {
    return this.clock.after(this.latencies[name], run);
  }

  wait(name: LatencyName): Promise<void> {
    return this.clock.wait(this.latencies[name]);
  }

  trust(server: Server): TrustContext {
    const { revocationCheck, ecdsaCertificates, expiredIssuer } = this.toggles;
    return {
      now: this.clock.now(server.name),
      revoked: this.revoked,
      revocationWorks: revocationCheck === "works",
      expiredIssuer: expiredIssuer === "Untrusted" ? "Untrusted" : "DateInvalid",
      ecdsa: ecdsaCertificates === "accepted" || takesEcc(server, this.toggles),
    };
  }

  /** `msExchServerInternalTLSCert`: in AD for a Mailbox server, in AD LDS for an Edge. // [L15] 15.1 */
  defaultBlob(server: Server): Buffer | null {
    if (server.lds) return server.lds.internalCertificate;
    return this.directory.hubs.get(server.name)?.internalCertificate ?? null;
  }

  setDefaultBlob(server: Server, blob: Buffer | null): void {
    if (server.lds) server.lds.internalCertificate = blob;
    else this.directory.hubs.get(server.name)!.internalCertificate = blob;
    if (!server.lds) this.serverObjectChanged();
    this.reachChanged();
  }

  /** Null when the stored default is empty or unreadable. */
  defaultCertificate(server: Server): Certificate | null {
    const blob = this.defaultBlob(server);
    return blob ? certificateOfBlob(blob) : null;
  }

  /** The certificate on the Edge's server object in AD; `synchronised`: what it was when EdgeSync last succeeded, if it ever did. */
  edgeCertificate(edge: string, { synchronised = false } = {}): Certificate | null {
    const object = Directory.find(this.directory.edges, edge);
    const blob = synchronised ? object?.synchronisedCertificate : object?.internalCertificate;
    return blob ? certificateOfBlob(blob) : null;
  }

  event(server: Server, source: string, id: number, level: EventRecord["level"], text: string): void {
    server.events.push({ utc: this.clock.now(server.name).toISOString(), source, id, level, text });
    if (server.events.length > LOG_SIZE) server.events.splice(0, server.events.length - LOG_SIZE);
  }

  serverObjectChanged(): void {
    for (const listener of this.onServerObject) listener();
  }

  /** Connectors changed in AD (null) or in one Edge's AD LDS. */
  connectorsChanged(server: Server | null): void {
    for (const listener of this.onConnectors) listener(server);
  }

  /** Something that decides whether mail can move may have changed. */
  reachChanged(): void {
    for (const listener of this.onReach) listener();
  }

  changed(): void {
    for (const listener of [...this.listeners]) listener();
  }

  onChange(listener: () => void): void {
    this.listeners.add(listener);
  }
}

/** Send connectors that a server sees: AD inside, AD LDS on an Edge. */
export function visibleConnectors(world: World, server: Server): Map<string, Bag> {
  return server.lds ? server.lds.sendConnectors : world.directory.sendConnectors;
}
