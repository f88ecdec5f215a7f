/** One agent process as tests speak with it: lines out are kept in order, replies are matched by id. Who carries the lines is the heir's business. */
import type { ReadyEvent, Reply } from "../../../provider/remote/protocol";

export abstract class AgentLines {
  readonly lines: string[] = [];
  stderr = "";
  exitCode: number | undefined;
  closed = false;
  ready!: ReadyEvent;
  private buffer = "";
  /** Above the ids of the page's examples. */
  private lastId = 1_000;
  private readonly waiters: (() => void)[] = [];
  private looked = 0;
  private readonly read: Reply[] = [];
  private readonly byId = new Map<number | null, Reply>();

  abstract write(text: string | Buffer): void;
  /** Closes the agent's input. */
  abstract endInput(text?: string): void;
  /** The connection is gone at once; a program that is a child is ended. */
  abstract destroy(): void;
  /** The connection goes, and the process stays behind with what it is doing; resolves once the host has noticed. */
  abstract abandon(): Promise<void>;
  /** Resolves once a process that was left behind is gone. */
  abstract orphanEnded(): Promise<void>;
  /** Ends the connection in good manners, and waits until it is gone. */
  abstract end(): Promise<void>;

  /** Sends the script's line and waits for `ready`, or for the end. */
  protected async start(script: string): Promise<this> {
    this.write(`${script}\n`);
    await this.until(() => this.lines.some((line) => line.includes('"event":"ready"')));
    const line = this.lines.find((text) => text.includes('"event":"ready"'));
    if (line !== undefined) this.ready = JSON.parse(line) as ReadyEvent;
    return this;
  }

  /** Sends a request; resolves with its reply, or undefined when the process or connection ended. */
  async request(op: string, params: object = {}, extra: object = {}): Promise<Reply | undefined> {
    const id = ++this.lastId;
    this.write(`${JSON.stringify({ id, op, params, ...extra })}\n`);
    return this.reply(id);
  }

  /** The value of a reply that must be good. */
  async value<T = Record<string, unknown>>(op: string, params: object = {}, extra: object = {}): Promise<T> {
    const reply = await this.request(op, params, extra);
    if (!reply?.ok) throw new Error(`${op}: ${JSON.stringify(reply)} ${this.stderr}`);
    return reply.value as T;
  }

  /** Class of the error of a reply that must be an error. */
  async refusal(op: string, params: object = {}, extra: object = {}): Promise<string> {
    const reply = await this.request(op, params, extra);
    if (!reply || reply.ok) throw new Error(`${op}: ${JSON.stringify(reply)} ${this.stderr}`);
    return reply.error.class;
  }

  async reply(id: number | null): Promise<Reply | undefined> {
    const find = (): Reply | undefined => {
      this.replies();
      return this.byId.get(id);
    };
    await this.until(() => find() !== undefined);
    return find();
  }

  /** All so far. A line is read once: hundreds of calls under way look for theirs whenever one arrives. */
  replies(): readonly Reply[] {
    for (; this.looked < this.lines.length; this.looked++) {
      const reply = replyIn(this.lines[this.looked]);
      if (reply === undefined) continue;
      this.read.push(reply);
      if (!this.byId.has(reply.id)) this.byId.set(reply.id, reply);
    }
    return this.read;
  }

  /** Resolves when the condition holds or the process is gone. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.closed) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  /** What arrived after the last whole line. */
  get rest(): string {
    return this.buffer;
  }

  protected receive(text: string): void {
    this.buffer += text;
    const parts = this.buffer.split("\n");
    this.buffer = parts.pop()!;
    this.lines.push(...parts);
    this.wake();
  }

  protected gone(): void {
    this.closed = true;
    this.wake();
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}

function replyIn(line: string): Reply | undefined {
  try {
    const parsed = JSON.parse(line) as Reply;
    return "ok" in parsed ? parsed : undefined;
  } catch {
    return undefined;
  }
}
