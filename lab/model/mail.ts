/** Mail through the organisation: accepted, queued, handed on under direct trust, delivered once. */
import type { SubmittedMail } from "./contract";
import { directTrustError } from "./directTrust";
import { queueOf, recipientFor, subjectOf } from "./queueKeys";
import { Queues, type Leg, type Queue } from "./queues";
import { domainOf, accepts, nextHop, type Hop } from "./routing";
import type { Bag, Server } from "./server";
import { Tracking, type TrackingEvent } from "./tracking";
import type { Transport } from "./transport";
import type { World } from "./world";

export interface Delivery {
  id: string;
  recipient: string;
  utc: string;
  /** Servers that it passed; `outside` at the end when it left the organisation. */
  path: string[];
}
interface Tracked {
  open: Set<string>;
  lost: boolean;
  sender: string;
  subject: string;
  size: number;
}

/** A mail in a queue. */
export interface QueuedMessage {
  id: string;
  number: number;
  sender: string;
  subject: string;
  size: number;
  since: number;
  recipients: string[];
}

const REFUSED =
  '441 4.4.1 Error encountered while communicating with primary target IP address: "Failed to connect. Winsock error code: 10061". Attempted failover to alternate host, but that did not succeed.';
const EXPIRES = 2 * 86_400_000;
/** Newest deliveries that are kept. */
const KEPT = 100_000;

/** A mail that the server refuses: `code` starts the SMTP reply. */
export class MailRefused extends Error {}

export class Mail {
  readonly queues = new Queues();
  readonly tracking = new Tracking();
  readonly deliveries: Delivery[] = [];
  private readonly tracked = new Map<string, Tracked>();
  private turn = 0;

  constructor(
    private readonly world: World,
    private readonly transport: Transport,
  ) {}

  /** Mails accepted, delivered to every recipient, still held, lost. Each id counts once. */
  get counters(): { sent: number; delivered: number; queued: number; lost: number } {
    const all = [...this.tracked.values()];
    const lost = all.filter((mail) => mail.lost).length;
    const queued = all.filter((mail) => !mail.lost && mail.open.size > 0).length;
    return { sent: all.length, delivered: all.length - lost - queued, queued, lost };
  }

  /** @throws MailRefused while the door is closed or for a domain that is not ours */
  accept(server: Server, mail: SubmittedMail): void {
    if (!this.transport.accepts(server) || !server.runs("MSExchangeTransport")) throw new MailRefused("421 4.3.2 Service not available");
    if (this.tracked.has(mail.id)) return;
    const foreign = mail.to.map((to) => this.refuses(server, to)).find((one) => one !== null);
    if (foreign) throw new MailRefused(foreign);
    this.tracked.set(mail.id, {
      open: new Set(mail.to),
      lost: false,
      sender: mail.from,
      subject: subjectOf(mail.data),
      size: mail.data.length,
    });
    this.track(server, "RECEIVE", { id: mail.id, recipient: mail.to[0] ?? "" });
    for (const recipient of mail.to) this.route(server, { id: mail.id, recipient, path: [], since: this.world.clock.time() });
    this.world.changed();
  }

  /** An Edge relays for nobody outside. // [DOC:receive-connectors] */
  refuses(server: Server, recipient: string): string | null {
    if (!server.lds || accepts(server.lds.acceptedDomains, domainOf(recipient))) return null;
    return "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain";
  }

  /** Transport of `server` started: its queues are tried at once. */
  started(server: Server): void {
    for (const queue of this.queues.of(server)) if (queue.status !== "Suspended") this.schedule(queue, "delivery");
  }

  /** Nothing leaves a suspended queue, and mail still comes in. // [PS:Suspend-Queue] */
  suspend(queue: Queue): void {
    queue.due?.();
    Object.assign(queue, { status: "Suspended", due: null, nextRetry: null });
  }

  resume(queue: Queue): void {
    if (queue.status !== "Suspended") return;
    queue.status = "Ready";
    if (queue.legs.length > 0) this.schedule(queue, "delivery");
  }

  retry(queue: Queue): void {
    if (queue.legs.length > 0) this.schedule(queue, "delivery");
  }

  /** What waits in the queues of `from` goes to the others, turn by turn. // [PS:Redirect-Message] */
  redirect(from: Server, targets: Server[]): void {
    const open = targets.filter((target) => target.runs("MSExchangeTransport"));
    if (open.length === 0) return;
    for (const queue of this.queues.of(from)) {
      if (queue.status === "Suspended") continue;
      const { legs } = queue;
      queue.due?.();
      Object.assign(queue, { legs: [], status: "Ready", due: null, nextRetry: null, lastError: "" });
      for (const leg of legs) this.passOn(from, open[this.turn++ % open.length], leg);
    }
  }

  /** The mails of a queue, each with its recipients there. */
  messagesIn(queue: Queue): QueuedMessage[] {
    const found = new Map<string, QueuedMessage>();
    for (const { id, recipient, since } of queue.legs) {
      const { sender = "", subject = "", size = 0 } = this.tracked.get(id) ?? {};
      const number = this.queues.messageNumber(id);
      const mail = found.get(id) ?? { id, number, sender, subject, size, since, recipients: [] };
      mail.recipients.push(recipient);
      found.set(id, mail);
    }
    return [...found.values()];
  }

  /** A queue as Get-Queue showed it: mail that nobody counts, tried again after the usual time. */
  restoreQueue(server: Server, bag: Bag, age: number): void {
    const count = Number(bag.MessageCount ?? 0);
    const since = this.world.clock.time();
    if (bag.DeliveryType === "ShadowRedundancy") {
      const { clock } = this.world;
      return this.queues.addShadows(server, count, since + clock.scaled(this.world.latency("shadow")));
    }
    const id = String(bag.Identity).split("\\").at(-1) ?? "";
    if (id === "Submission" || id === "") return;
    const recipient = recipientFor(this.world, server, bag);
    const hop = nextHop(this.world, this.transport, server, recipient);
    const [own, values] = hop.kind === "local" ? [`copy/${id}`, undefined] : queueOf(hop, recipient);
    // The route as it was: another one is found when the queue is tried again.
    const key = values?.nextHopDomain === bag.NextHopDomain ? own : `copy/${id}`;
    const queue = this.queues.restore(server, key, bag);
    for (let index = 0; index < count; index++) queue.legs.push({ id: `copied-${id}-${index}`, recipient, path: [server.name], since });
    const retry = Date.parse(String(bag.NextRetryTime));
    if (queue.legs.length > 0 && queue.status !== "Suspended") this.schedule(queue, "queueRetry");
    if (!Number.isNaN(retry)) queue.nextRetry = new Date(retry + age);
  }

  private route(server: Server, leg: Leg): void {
    const here: Leg = { ...leg, path: [...leg.path, server.name] };
    const hop = nextHop(this.world, this.transport, server, leg.recipient);
    if (hop.kind === "local") {
      this.track(server, "DELIVER", leg);
      return this.deliver(here);
    }
    const queue = this.queues.get(server, ...queueOf(hop, leg.recipient));
    queue.legs.push(here);
    if (!queue.due && queue.status !== "Suspended") this.schedule(queue, queue.status === "Retry" ? "queueRetry" : "delivery");
  }

  /** A row of the server's message tracking log, by the server's own clock. */
  private track(server: Server, event: TrackingEvent, { id, recipient }: Pick<Leg, "id" | "recipient">, connectorId = ""): void {
    const { sender = "", subject = "" } = this.tracked.get(id) ?? {};
    this.tracking.write(server, this.world.clock.now(server.name), event, { messageId: id, recipient, sender, subject, connectorId });
  }

  private schedule(queue: Queue, latency: "delivery" | "queueRetry"): void {
    queue.due?.();
    const { clock } = this.world;
    queue.nextRetry =
      latency === "queueRetry" ? new Date(clock.now(queue.server).getTime() + clock.scaled(this.world.latency(latency))) : null;
    queue.due = this.world.after(latency, () => {
      queue.due = null;
      this.run(queue);
      if (queue.legs.length > 0) this.schedule(queue, "queueRetry");
    });
  }

  /** Hands on what a queue holds. A paused transport still empties its queues, a stopped one does not. // [SEED2] */
  private run(queue: Queue): void {
    const server = this.world.server(queue.server);
    const status = server.service("MSExchangeTransport")?.status;
    if (status !== "Running" && status !== "Paused") return;
    const legs = queue.legs;
    queue.legs = [];
    let error = "";
    // Routes are judged anew each time: connectors and peers may have changed meanwhile.
    for (const leg of legs) {
      if (this.expire(leg)) {
        this.track(server, "FAIL", leg);
        continue;
      }
      const hop = nextHop(this.world, this.transport, server, leg.recipient);
      const failure = this.handOn(server, hop, leg);
      if (!failure) continue;
      error = failure;
      this.track(server, "DEFER", leg);
      this.keep(server, queue, hop, leg);
    }
    const handed = legs.length - queue.legs.length;
    if (handed > 0 && this.world.toggles.shadowQueues)
      this.queues.addShadows(server, handed, this.world.clock.time() + this.world.clock.scaled(this.world.latency("shadow")));
    queue.lastError = error || (queue.legs.length > 0 ? queue.lastError : "");
    queue.status = queue.legs.length > 0 ? "Retry" : "Ready";
  }

  /** After two days a mail goes back to its sender: the model counts it as lost. // [DOC:queues] MessageExpirationTimeout */
  private expire(leg: Leg): boolean {
    if (this.world.clock.time() - leg.since < EXPIRES) return false;
    const mail = this.tracked.get(leg.id);
    if (mail) mail.lost = true;
    return true;
  }

  private keep(server: Server, queue: Queue, hop: Hop, leg: Leg): void {
    const home = hop.kind === "local" ? queue : this.queues.get(server, ...queueOf(hop, leg.recipient));
    home.legs.push(leg);
    if (home !== queue && !home.due && home.status !== "Suspended") this.schedule(home, "queueRetry");
  }

  /** The error of the hop, or null when the mail is with the next server. */
  private handOn(server: Server, hop: Hop, leg: Leg): string | null {
    if (hop.kind === "local") {
      this.track(server, "DELIVER", leg);
      return this.done(() => this.deliver(leg));
    }
    if (hop.kind === "unreachable") return "A matching connector cannot be found to route the external recipient";
    if (hop.kind === "outside") return this.sendOutside(server, hop, leg);
    return this.sendInside(server, hop.kind === "hub" ? hop.hubs : hop.edges, leg);
  }

  private sendOutside(server: Server, hop: Extract<Hop, { kind: "outside" }>, leg: Leg): string | null {
    const choice = this.transport.outbound(server, hop.connector);
    if ("error" in choice) return choice.error;
    this.track(server, "SENDEXTERNAL", leg, String(hop.connector.Name));
    return this.done(() => this.deliver({ ...leg, path: [...leg.path, "outside"] }));
  }

  private sendInside(server: Server, peers: Server[], leg: Leg): string | null {
    const open = peers.filter((peer) => this.transport.accepts(peer) && peer.runs("MSExchangeTransport"));
    if (open.length === 0) return REFUSED;
    let error = REFUSED;
    const first = this.turn++;
    for (let index = 0; index < open.length; index++) {
      const peer = open[(first + index) % open.length];
      const failure = directTrustError(this.world, this.transport, server, peer);
      if (!failure) return this.done(() => this.passOn(server, peer, leg));
      error = failure;
    }
    return error;
  }

  private passOn(server: Server, peer: Server, leg: Leg): void {
    this.track(server, "SEND", leg);
    this.track(peer, "RECEIVE", leg);
    this.route(peer, leg);
  }

  private done(act: () => void): null {
    act();
    return null;
  }

  private deliver(leg: Leg): void {
    // Whoever counts deliveries has to see one that happens twice.
    this.tracked.get(leg.id)?.open.delete(leg.recipient);
    this.deliveries.push({ id: leg.id, recipient: leg.recipient, utc: this.world.clock.now().toISOString(), path: leg.path });
    if (this.deliveries.length > KEPT) this.deliveries.shift();
  }
}
