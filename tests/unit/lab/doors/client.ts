/** A bare client of the agent over real SSH: only what the tests of the doors need. */
import { connect } from "node:net";
import { Client, type ClientChannel, type ConnectConfig } from "ssh2";
import { AGENT_COMMAND } from "../../../../provider/remote/command";
import type { ReadyEvent, Reply } from "../../../../provider/remote/protocol";
import type { Lab } from "../../../../lab/start";

export const SCRIPT = Buffer.from("# the agent's script\n").toString("base64");

export function sshConfig(lab: Lab, name: string): ConnectConfig {
  const { ssh } = lab.ready.hosts.find((host) => host.name === name)!;
  return { host: ssh.host, port: ssh.port, username: ssh.user, password: ssh.password };
}

export function connectSsh(config: ConnectConfig): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once("ready", () => {
      client.off("error", reject);
      client.on("error", () => undefined);
      resolve(client);
    });
    client.once("error", reject);
    const { host, port, ...rest } = config;
    client.connect({ ...rest, sock: connect({ host, port: port!, noDelay: true }) });
  });
}

export function exec(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel))));
}

/** One agent process: lines out are kept in order, replies are matched by id. */
export class TestAgent {
  readonly lines: string[] = [];
  stderr = "";
  exitCode: number | undefined;
  closed = false;
  ready!: ReadyEvent;
  private buffer = "";
  private lastId = 0;
  private readonly waiters: (() => void)[] = [];

  private constructor(
    readonly client: Client,
    readonly channel: ClientChannel,
  ) {
    channel.on("data", (chunk: Buffer) => this.receive(chunk.toString("utf8")));
    channel.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString("utf8")));
    channel.on("exit", (code: number) => (this.exitCode = code));
    const gone = (): void => {
      this.closed = true;
      this.wake();
    };
    channel.on("close", gone);
    client.on("close", gone);
  }

  static async open(lab: Lab, name: string, script = SCRIPT, config = sshConfig(lab, name)): Promise<TestAgent> {
    const client = await connectSsh(config);
    const agent = new TestAgent(client, await exec(client, AGENT_COMMAND));
    agent.write(`${script}\n`);
    await agent.until(() => agent.lines.some((line) => line.includes('"event":"ready"')));
    const line = agent.lines.find((text) => text.includes('"event":"ready"'));
    if (line !== undefined) agent.ready = JSON.parse(line) as ReadyEvent;
    return agent;
  }

  write(text: string | Buffer): void {
    this.channel.write(text);
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
    if (!reply?.ok) throw new Error(`${op}: ${JSON.stringify(reply)}`);
    return reply.value as T;
  }

  /** Class of the error of a reply that must be an error. */
  async refusal(op: string, params: object = {}, extra: object = {}): Promise<string> {
    const reply = await this.request(op, params, extra);
    if (!reply || reply.ok) throw new Error(`${op}: ${JSON.stringify(reply)}`);
    return reply.error.class;
  }

  async reply(id: number | null): Promise<Reply | undefined> {
    const find = (): Reply | undefined => this.replies().find((reply) => reply.id === id);
    await this.until(() => find() !== undefined);
    return find();
  }

  replies(): Reply[] {
    return this.lines.flatMap((line) => {
      try {
        const parsed = JSON.parse(line) as Reply;
        return "ok" in parsed ? [parsed] : [];
      } catch {
        return [];
      }
    });
  }

  /** Resolves when the condition holds or the process is gone. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.closed) await new Promise<void>((resolve) => this.waiters.push(resolve));
  }

  async end(): Promise<void> {
    this.client.end();
    await this.until(() => false);
  }

  private receive(text: string): void {
    this.buffer += text;
    const parts = this.buffer.split("\n");
    this.buffer = parts.pop()!;
    this.lines.push(...parts);
    this.wake();
  }

  /** What arrived after the last whole line. */
  get rest(): string {
    return this.buffer;
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
