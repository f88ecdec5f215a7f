/** Delivery queues of the servers. Mail in a queue survives every stop of transport. // 4.6 */
import type { Bag, Server } from "./server";

/** One recipient of one mail. */
export interface Leg {
  readonly id: string;
  readonly recipient: string;
  /** Servers that had it, in order. */
  readonly path: string[];
  /** When the organisation accepted it, in its own time. */
  readonly since: number;
}

export interface Queue {
  readonly server: string;
  readonly key: string;
  readonly number: number;
  readonly deliveryType: string;
  readonly nextHopDomain: string;
  readonly nextHopConnector: string;
  readonly tlsDomain: string | null;
  legs: Leg[];
  status: "Ready" | "Active" | "Retry" | "Suspended";
  lastError: string;
  nextRetry: Date | null;
  /** Cancels the queue's next run. */
  due: (() => void) | null;
}

export class Queues {
  private readonly all = new Map<string, Queue>();
  private readonly shadows = new Map<string, { until: number; server: string }[]>();
  private readonly messageNumbers = new Map<string, number>();
  private number = 2;

  get list(): Queue[] {
    return [...this.all.values()];
  }

  of(server: Server): Queue[] {
    return this.list.filter((queue) => queue.server === server.name);
  }

  get(
    server: Server,
    key: string,
    values: { deliveryType: string; nextHopDomain: string; nextHopConnector: string; tlsDomain?: string | null },
  ): Queue {
    const id = `${server.name}/${key}`;
    return this.all.get(id) ?? this.add(server, key, { tlsDomain: null, ...values });
  }

  private add(
    server: Server,
    key: string,
    values: Pick<Queue, "deliveryType" | "nextHopDomain" | "nextHopConnector" | "tlsDomain"> & Partial<Queue>,
  ): Queue {
    const fresh = { status: "Ready", lastError: "", nextRetry: null, due: null } as const;
    const queue: Queue = { ...fresh, legs: [], server: server.name, key, ...values, number: values.number ?? ++this.number };
    this.number = Math.max(this.number, queue.number);
    this.all.set(`${server.name}/${key}`, queue);
    return queue;
  }

  /** A queue with the number, the state and the error that Get-Queue showed. */
  restore(server: Server, key: string, bag: Bag): Queue {
    const [status] = (["Ready", "Active", "Retry", "Suspended"] as const).filter((one) => one === bag.Status);
    const id = String(bag.Identity).split("\\").at(-1);
    return this.add(server, key, {
      number: Number(id) || undefined,
      deliveryType: String(bag.DeliveryType),
      nextHopDomain: String(bag.NextHopDomain ?? ""),
      nextHopConnector: String(bag.NextHopConnector ?? ""),
      tlsDomain: typeof bag.TlsDomain === "string" ? bag.TlsDomain : null,
      status: status ?? "Ready",
      lastError: String(bag.LastError ?? ""),
    });
  }

  /** Keeps a copy of what was handed on for a while. // [PS:Get-Queue], [PS:Redirect-Message] */
  addShadows(server: Server, count: number, until: number): void {
    const list = this.shadows.get(server.name) ?? [];
    for (let index = 0; index < count; index++) list.push({ until, server: server.name });
    this.shadows.set(server.name, list.slice(-1000));
  }

  shadowCount(server: Server, now: number): number {
    const list = (this.shadows.get(server.name) ?? []).filter((shadow) => shadow.until > now);
    this.shadows.set(server.name, list);
    return list.length;
  }

  /** A message's number, as its identity ends with it: the same in every queue. */
  messageNumber(id: string): number {
    const number = this.messageNumbers.get(id) ?? this.messageNumbers.size + 1;
    this.messageNumbers.set(id, number);
    return number;
  }

  drop(queue: Queue): void {
    queue.due?.();
    this.all.delete(`${queue.server}/${queue.key}`);
  }
}
