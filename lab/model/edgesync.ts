/** EdgeSync: periodic and forced synchronisation of each subscribed Edge. // [L15] 15.8 */
import { edgeSyncEvents, type EventText } from "./events";
import type { EdgeObject } from "./directory";
import { connect, type Connection, type TrustCache } from "./edgesyncConnect";
import { replicate, type Counters } from "./edgesyncReplicate";
import type { Server } from "./server";
import type { World } from "./world";

const MINUTE = 60_000;
/** Lock, renewal and option in minutes: by the cmdlet's page and the build, or by the concept page. // [L15] 15.8, 4.5 */
export const LEASES: { [page: string]: { lock: number; renewal: number; option: number } } = {
  cmdlet: { lock: 6, renewal: 4, option: 30 },
  concept: { lock: 5, renewal: 1, option: 60 },
};

export type SyncResult = "Success" | "CouldNotConnect" | "CouldNotLease" | "Incomplete";
export interface SyncOutcome {
  edge: EdgeObject;
  result: SyncResult;
  failure: string;
  startUtc: Date;
  endUtc: Date;
  counters: Counters;
}

/** What AD LDS and EdgeSync remember of one Edge. */
export interface SyncState {
  leaseHolder: string | null;
  leaseType: "Lock" | "Option" | "None";
  leaseExpires: Date | null;
  lastSynchronized: Date | null;
  cookie: Date | null;
  running: boolean;
  lastResult: SyncResult | null;
  lastFailure: string;
}

export class EdgeSync {
  private readonly states = new Map<string, SyncState>();
  private readonly caches = new Map<string, TrustCache>();
  private reload: (() => void) | null = null;
  private timer: (() => void) | null = null;

  constructor(private readonly world: World) {
    world.onServerObject.push(() => this.serverObjectChanged());
  }

  state(edge: string): SyncState {
    let state = this.states.get(edge);
    if (!state) {
      state = {
        leaseHolder: null,
        leaseType: "None",
        leaseExpires: null,
        lastSynchronized: null,
        cookie: null,
        running: false,
        lastResult: null,
        lastFailure: "",
      };
      this.states.set(edge, state);
    }
    return state;
  }

  forget(edge: string): void {
    this.states.delete(edge);
  }

  /** Makes an organisation that has run for a while: caches loaded, every Edge synchronised. */
  begin(): void {
    for (const server of this.world.mailboxServers) this.loadCache(server);
    this.runAll();
    this.schedule();
  }

  /** A copied organisation: caches loaded, nothing synchronised; what is known of each Edge is in its state. */
  goOn(): void {
    for (const server of this.world.mailboxServers) this.loadCache(server);
    this.schedule();
  }

  /** A started service reads everything afresh (I). */
  started(server: Server): void {
    this.loadCache(server);
  }

  cache(hub: Server): TrustCache {
    const cache = this.caches.get(hub.name);
    const hour = this.world.clock.scaled(this.world.latency("edgeSyncTrustReload"));
    return cache && this.world.clock.time() - cache.loadedAt < hour ? cache : this.loadCache(hub);
  }

  /** Edges that a Hub takes care of. */
  edgesOf(hub: Server): EdgeObject[] {
    return [...this.world.directory.edges.values()].filter((edge) => edge.site.toLowerCase() === hub.site?.toLowerCase());
  }

  /** One run over one Edge, as the service of `hub` makes it. */
  attempt(hub: Server, edge: EdgeObject, full: boolean, startUtc = this.world.clock.now(hub.name)): SyncOutcome {
    const state = this.state(edge.name);
    const outcome = (result: SyncResult, failure = "", counters: Counters = none()): SyncOutcome => {
      state.lastResult = result;
      state.lastFailure = failure;
      this.world.changed();
      return { edge, result, failure, startUtc, endUtc: this.world.clock.now(hub.name), counters };
    };
    const connection = connect(this.world, hub, edge, this.cache(hub));
    if (!connection.ok) {
      this.raise(hub, connection);
      return outcome("CouldNotConnect", connection.shown ? connection.reason : "");
    }
    if (this.heldByAnother(state, hub)) {
      const reason = `The lease is held by ${state.leaseHolder}.`;
      this.raiseOn(hub, edgeSyncEvents.cannotConnect(edge.fqdn, reason));
      return outcome("CouldNotLease", reason);
    }
    const counters = replicate(this.world, hub, connection.server, full);
    const now = this.world.clock.now(hub.name);
    this.lease(state, hub, "Option");
    // LastSynchronizedUtc moves even when a sync ended Incomplete; without success there is no cookie. // [L15] 15.8
    state.lastSynchronized = now;
    for (const name of counters.refused) this.raiseOn(hub, edgeSyncEvents.incomplete(edge.fqdn, name));
    if (counters.refused.length > 0)
      return outcome(
        "Incomplete",
        `Failed to synchronize entry CN=${counters.refused.join(", CN=")}: A value in the request is invalid. [ExDirectoryException]`,
        counters,
      );
    state.cookie = now;
    edge.synchronisedCertificate = edge.internalCertificate;
    return outcome("Success", "", counters);
  }

  /** False when another Hub holds the lease. */
  lock(edge: string, hub: Server): boolean {
    const state = this.state(edge);
    if (this.heldByAnother(state, hub)) return false;
    state.running = true;
    this.lease(state, hub, "Lock");
    return true;
  }

  unlock(edge: string): void {
    const state = this.state(edge);
    state.running = false;
    // Without a finished run the lock stays until it expires; the service gives it back as an option.
    if (state.leaseType === "Lock") state.leaseType = state.lastSynchronized ? "Option" : "None";
  }

  /** Raised at every failed attempt. // [L15] 15.8 */
  private raise(hub: Server, failure: Extract<Connection, { ok: false }>): void {
    for (const event of failure.events) this.raiseOn(hub, event);
  }

  /** The articles print other levels than the build has. // [EVT:10104], [SEED1], [L15] 15.8 */
  private raiseOn(hub: Server, event: EventText): void {
    const articles: { [id: number]: EventText["level"] } = { 10104: "Warning", 1032: "Error" };
    const level = this.world.toggles.edgeSyncLevels === "articles" ? (articles[event.id] ?? event.level) : event.level;
    this.world.event(hub, event.source, event.id, level, event.text);
  }

  private lease(state: SyncState, hub: Server, type: "Lock" | "Option"): void {
    const { lock, option } = LEASES[this.world.toggles.edgeSyncLease];
    const milliseconds = (type === "Lock" ? lock : option) * MINUTE;
    state.leaseHolder = hub.fqdn;
    state.leaseType = type;
    state.leaseExpires = new Date(this.world.clock.now(hub.name).getTime() + milliseconds);
  }

  /** Expired leases may be taken. // [L15] 15.8 */
  private heldByAnother(state: SyncState, hub: Server): boolean {
    if (!state.leaseHolder || state.leaseHolder === hub.fqdn || !state.leaseExpires) return false;
    const holder = this.world.findServer(state.leaseHolder);
    if (!holder?.runs("MSExchangeEdgeSync")) return false;
    return state.leaseType === "Lock" && state.leaseExpires > this.world.clock.now(hub.name);
  }

  private runAll(): void {
    for (const edge of this.world.directory.edges.values()) {
      const state = this.state(edge.name);
      const hubs = this.world.hubsOf(edge.site).filter((hub) => hub.runs("MSExchangeEdgeSync"));
      const hub = hubs.find((hub) => hub.fqdn === state.leaseHolder) ?? hubs[0];
      if (hub && !state.running) this.attempt(hub, edge, false);
    }
  }

  private schedule(): void {
    this.timer?.();
    this.timer = this.world.clock.at(this.world.clock.nextPeriod(this.world.latency("edgeSyncConfiguration")), () => {
      this.runAll();
      this.schedule();
    });
  }

  /** Reloads 5 minutes after a change of a server object. // [L15] 15.8 */
  private serverObjectChanged(): void {
    this.reload ??= this.world.after("edgeSyncTrustCache", () => {
      this.reload = null;
      for (const server of this.world.mailboxServers) this.loadCache(server);
    });
  }

  private loadCache(hub: Server): TrustCache {
    const cache = readTrust(this.world);
    this.caches.set(hub.name, cache);
    return cache;
  }
}

/** The Edge objects' certificates as they are now. */
export function readTrust(world: World): TrustCache {
  const certificates = [...world.directory.edges.values()].flatMap((edge) => world.edgeCertificate(edge.name) ?? []);
  return {
    keys: new Set(certificates.map((certificate) => certificate.publicKeySha256)),
    thumbprints: new Set(certificates.map((certificate) => certificate.thumbprint)),
    loadedAt: world.clock.time(),
  };
}

const none = (): Counters => ({ added: 0, deleted: 0, updated: 0, scanned: 0, refused: [] });
