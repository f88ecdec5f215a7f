/**
 * A steady stream of mail to a pair of MX hosts, sent as a mail server does: one host after the other in turn, the next one
 * when it does not answer, later again when none does. What arrived is asked of the lab, not of the sender.
 */
import { randomUUID } from "node:crypto";
import { createTransport } from "nodemailer";
import { delay } from "../provider/base/clock";

export interface MailStreamOptions {
  /** MX hosts of equal preference. */
  hosts: { host: string; port: number }[];
  /** Milliseconds between two mails. Default 250. */
  intervalMs?: number;
  /** First waiting time when no host takes a mail; doubled each time up to 16 times. Default 200 ms. */
  retryMs?: number;
  from?: string;
  /** Recipient inside the organisation. */
  to: string;
}

export interface MailCount {
  /** Mails that were handed to the stream. */
  sent: number;
  /** Of those, the ones that the organisation delivered. */
  delivered: number;
  /** Of those, the ones that did not arrive. */
  lost: number;
  /** Attempts that a host refused or did not answer; each was tried again. */
  retries: number;
}

const BACKOFF_LIMIT = 16;

export class MailStream {
  readonly ids: string[] = [];
  /** When each was handed to the stream, in milliseconds since the epoch. */
  readonly sentAt = new Map<string, number>();
  private readonly sending = new Set<Promise<void>>();
  private readonly stopping = new AbortController();
  private loop?: Promise<void>;
  private gaveUp = false;
  private retries = 0;
  private turn = 0;

  constructor(private readonly options: MailStreamOptions) {
    if (options.hosts.length === 0) throw new Error("A mail stream needs at least one host.");
  }

  start(): void {
    this.loop ??= this.run();
  }

  /** Stops sending new mails and waits until every mail was accepted, at most `deadlineMs`. */
  async stop(deadlineMs = 60_000): Promise<void> {
    this.stopping.abort();
    await this.loop;
    const deadline = new AbortController();
    await Promise.race([Promise.all(this.sending), delay(deadlineMs, deadline.signal).catch(() => undefined)]);
    deadline.abort();
    this.gaveUp = true;
  }

  /**
   * Compares what was sent with what the organisation delivered.
   * @param delivered ids (Message-IDs without brackets) of delivered mails
   */
  count(delivered: Iterable<string>): MailCount {
    const arrived = new Set(delivered);
    const got = this.ids.filter((id) => arrived.has(id)).length;
    return { sent: this.ids.length, delivered: got, lost: this.ids.length - got, retries: this.retries };
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const id = `${randomUUID()}@mailstream.invalid`;
      this.ids.push(id);
      this.sentAt.set(id, Date.now());
      const sent: Promise<void> = this.deliver(id).finally(() => this.sending.delete(sent));
      this.sending.add(sent);
      await delay(this.options.intervalMs ?? 250, this.stopping.signal).catch(() => undefined);
    }
  }

  private async deliver(id: string): Promise<void> {
    const { hosts, retryMs = 200 } = this.options;
    const first = this.turn++;
    for (let round = 0; !this.gaveUp; round++) {
      for (let index = 0; index < hosts.length; index++) {
        if (await this.attempt(id, hosts[(first + index) % hosts.length])) return;
        this.retries += 1;
      }
      await delay(retryMs * Math.min(2 ** round, BACKOFF_LIMIT));
    }
  }

  /** Opportunistic TLS, as between mail servers: the certificate is not checked, its presence not required. */
  private async attempt(id: string, host: { host: string; port: number }): Promise<boolean> {
    const transport = createTransport({
      ...host,
      secure: false,
      name: "mailstream.invalid",
      tls: { rejectUnauthorized: false },
      connectionTimeout: 5000,
      greetingTimeout: 5000,
      socketTimeout: 10_000,
    });
    const { from = "sender@mailstream.invalid", to } = this.options;
    try {
      await transport.sendMail({ from, to, subject: "mail stream", text: id, messageId: `<${id}>` });
      return true;
    } catch {
      return false;
    } finally {
      transport.close();
    }
  }
}
