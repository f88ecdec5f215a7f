/** What happened in the copy, seen from the lab's own side: changes, windows, doors and mail. Nothing of it is the provider's word. */
import { deliveries } from "../../../lab/open";
import { MailStream } from "../../../lab/mailstream";
import type { HistoryEntry } from "../../../lab/doors/history";
import { LATENCIES } from "../../../lab/model/settings";
import type { Lab } from "../../../lab/start";
import { delay } from "../../base/clock";

const TRANSPORT = "MSExchangeTransport";
const INTERVAL_MS = 250;
const SETTLE_MS = 100;
/** For mail in queues, once the last one was sent: in the organisation's time. */
const LATEST_DELIVERY_S = 1_800;

/** What a server's doors present, thumbprints; null = nothing. */
export interface Doors {
  server: string;
  starttls: string | null;
  /** Edges only. */
  ldaps?: string | null;
  transport: string;
}

/** A time in which an Edge carried no mail, in milliseconds since the epoch as the copy's machine counted them. */
export interface Window {
  edge: string;
  from: number;
  /** Undefined: it is still out of service. */
  to?: number;
  /** It was out of service before the run began. */
  before: boolean;
  /** When it begins, in seconds from the first change, and its length: in an organisation with real latencies. */
  startsAt: number;
  seconds: number;
  /** When the Edge's default certificate changed, in seconds from the first change. */
  noReturnAt?: number;
}

export interface Mail {
  sent: number;
  delivered: number;
  waiting: number;
  lost: number;
  /** Seconds of the organisation's time; undefined where nothing was delivered. */
  longestDelay?: number;
}

export interface Seen {
  before: Doors[];
  after: Doors[];
  /** In the order in which they began. */
  changes: HistoryEntry[];
  windows: Window[];
  mail: Mail;
}

type Outage = Pick<Window, "edge" | "from" | "to" | "before">;

/** Watches a lab from its creation to `end`. */
export class Watch {
  private readonly before: Doors[];
  private readonly outages: Outage[] = [];
  private readonly mail?: MailStream;
  private readonly first: number;
  private readonly busy: Busy[] = [];

  constructor(
    private readonly lab: Lab,
    private readonly speed: number,
  ) {
    timed(lab, this.busy);
    this.before = doorsOf(lab);
    this.first = lab.history.entries.length;
    for (const { server } of this.before.filter((one) => isEdge(lab, one.server) && one.transport !== "Running"))
      this.outages.push({ edge: server, from: Date.now(), before: true });
    lab.organisation.onChange(() => this.look());
    const to = recipientIn(lab);
    const hosts = lab.ready.hosts.filter(({ role }) => role === "Edge").map(({ smtp }) => smtp);
    if (to !== undefined && hosts.length > 0)
      this.mail = new MailStream({ hosts, to, intervalMs: INTERVAL_MS, from: `rehearsal@${to.split("@")[1]}.invalid` });
    this.mail?.start();
  }

  private look(): void {
    for (const { name, role } of this.lab.ready.hosts) {
      if (role !== "Edge") continue;
      const { status } = this.lab.organisation.service.status(name, TRANSPORT);
      const open = this.outages.find(({ edge, to }) => edge === name && to === undefined);
      if (status === "Running" && open) open.to = Date.now();
      else if (status !== "Running" && !open) this.outages.push({ edge: name, from: Date.now(), before: false });
    }
  }

  /** Edges that carry no mail now. */
  out(): string[] {
    return this.outages.filter(({ to }) => to === undefined).map(({ edge }) => edge);
  }

  /** Waits for mail that is under way, and tells. */
  async end(): Promise<Seen> {
    const mail = await this.endMail();
    const { entries } = this.lab.history;
    const calls = entries.slice(this.first);
    const changes = calls.filter(({ mutating, executed }) => mutating && executed);
    return {
      before: this.before,
      after: doorsOf(this.lab),
      changes,
      windows: placed(this.outages, changes, this.busy, this.speed),
      mail,
    };
  }

  private async endMail(): Promise<Mail> {
    if (!this.mail) return { sent: 0, delivered: 0, waiting: 0, lost: 0 };
    const limit = (LATEST_DELIVERY_S * 1000) / this.speed;
    const deadline = Date.now() + limit;
    await this.mail.stop(limit);
    const arrived = (): Map<string, number> => new Map(deliveries(this.lab.organisation).map(({ id, utc }) => [id, Date.parse(utc)]));
    while (Date.now() < deadline && this.mail.count(arrived().keys()).lost > 0) await delay(SETTLE_MS);
    const at = arrived();
    const delays = this.mail.ids.flatMap((id) => (at.has(id) ? [at.get(id)! - this.mail!.sentAt.get(id)!] : []));
    const counters = this.lab.organisation.state().mail as { lost: number };
    const missing = this.mail.ids.length - delays.length;
    const lost = Math.min(missing, counters.lost);
    const longest = delays.length === 0 ? {} : { longestDelay: (Math.max(0, ...delays) * this.speed) / 1000 };
    return { sent: this.mail.ids.length, delivered: delays.length, waiting: missing - lost, lost, ...longest };
  }
}

/** Windows on one line of time that begins with the first change: what lies between them is counted as they are. */
function placed(outages: readonly Outage[], changes: readonly HistoryEntry[], busy: readonly Busy[], speed: number): Window[] {
  const sorted = [...outages].sort((a, b) => a.from - b.from);
  const now = Date.now();
  const first = Math.min(sorted[0]?.from ?? now, ...changes.map(({ utc }) => Date.parse(utc)));
  const at = (moment: number): number => {
    let [seconds, done] = [0, first];
    for (const { from, to = now } of sorted) {
      if (from >= moment) break;
      if (from > done) seconds += atRealLatencies({ from: done, to: from }, busy, speed);
      const until = Math.min(to, moment);
      if (until > from) seconds += atRealLatencies({ from: Math.max(from, done), to: Math.max(until, done) }, busy, speed);
      done = Math.max(done, until);
    }
    return seconds + (moment > done ? atRealLatencies({ from: done, to: moment }, busy, speed) : 0);
  };
  return sorted.map((one) => {
    const until = one.to ?? now;
    const change = changes.find(
      ({ host, utc, ...call }) => host === one.edge && takesDefault(call) && inside(Date.parse(utc), one.from, until),
    );
    const startsAt = at(one.from);
    const seconds = atRealLatencies({ from: one.from, to: until }, busy, speed);
    return { ...one, startsAt, seconds, ...(change && { noReturnAt: Math.min(at(Date.parse(change.utc)), startsAt + seconds) }) };
  });
}

const inside = (moment: number, from: number, to: number): boolean => moment >= from && moment <= to;

/** The question about the default is answered with Yes. */
function takesDefault({ cmdlet, parameters }: Pick<HistoryEntry, "cmdlet" | "parameters">): boolean {
  return (
    /^Enable-ExchangeCertificate$/i.test(cmdlet) && /SMTP/i.test(JSON.stringify(parameters.Services ?? "")) && parameters.Force === true
  );
}

/** A call that the lab was at work on. */
export interface Busy {
  name: string;
  from: number;
  to: number;
}

/**
 * What a window would last where latencies are not divided: what the lab's calls took counts `speed` times; the wait between a first
 * synchronisation that was refused and the last one is EdgeSync's own, at least; everything else is the run's own time and stays as it is.
 */
export function atRealLatencies({ from, to = Date.now() }: { from: number; to?: number }, busy: readonly Busy[], speed: number): number {
  const within = busy
    .map((one) => ({ ...one, from: Math.max(from, one.from), to: Math.min(to, one.to) }))
    .filter((one) => one.to >= one.from);
  const calls = covered(within, from, to);
  const syncs = within.filter(({ name }) => /^Start-EdgeSynchronization$/i.test(name));
  const first = Math.min(...syncs.map((one) => one.to));
  const last = Math.max(...syncs.map((one) => one.from));
  const wait = syncs.length > 1 ? Math.max(0, last - first - covered(within, first, last)) : 0;
  const refusal = syncs.length > 1 && speed > 1 ? LATENCIES.edgeSyncTrustCache.default * 1000 : 0;
  return (to - from - calls - wait + calls * speed + Math.max(wait, refusal)) / 1000;
}

/** How much of a time at least one call fills. */
function covered(busy: readonly Busy[], from: number, to: number): number {
  let sum = 0;
  let end = from;
  for (const one of [...busy].sort((a, b) => a.from - b.from)) {
    const start = Math.max(end, one.from);
    const until = Math.min(to, one.to);
    if (until > start) sum += until - start;
    end = Math.max(end, until);
  }
  return sum;
}

/** Writes down what the lab's own calls take, waits included. */
function timed({ organisation }: Lab, busy: Busy[]): void {
  const time = async <T>(name: string, work: () => T): Promise<Awaited<T>> => {
    const from = Date.now();
    try {
      return await work();
    } finally {
      busy.push({ name, from, to: Date.now() });
    }
  };
  const { invoke, service } = organisation;
  organisation.invoke = (call) => time(call.cmdlet, () => invoke.call(organisation, call));
  for (const verb of ["suspend", "resume", "stop", "start"] as const) {
    const act = service[verb];
    service[verb] = (host, name) => time(verb, () => act(host, name));
  }
  const { restart } = service;
  service.restart = (host, name, kept) => time("restart", () => restart(host, name, kept));
}

const isEdge = (lab: Lab, name: string): boolean => lab.ready.hosts.some((host) => host.name === name && host.role === "Edge");

interface StateServer {
  name: string;
  role: string;
  transportThumbprint: string | null;
  ldapsThumbprint: string | null;
  services: { [name: string]: string };
}

export function doorsOf(lab: Lab): Doors[] {
  const { servers } = lab.organisation.state() as unknown as { servers: StateServer[] };
  return servers.map(({ name, role, transportThumbprint, ldapsThumbprint, services }) => ({
    server: name,
    starttls: transportThumbprint,
    ...(role === "Edge" ? { ldaps: ldapsThumbprint } : {}),
    transport: services[TRANSPORT] ?? "not installed",
  }));
}

/** Somebody in the first authoritative domain. */
function recipientIn(lab: Lab): string | undefined {
  const { acceptedDomains } = lab.organisation.state() as unknown as { acceptedDomains: { DomainName?: unknown; DomainType?: unknown }[] };
  const names = acceptedDomains.map(({ DomainName }) => String(DomainName ?? "")).filter((name) => /^[\w-]+(\.[\w-]+)+$/.test(name));
  return names[0] === undefined ? undefined : `rehearsal@${names[0]}`;
}
