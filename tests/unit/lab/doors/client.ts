/** A bare client of the agent over real SSH: only what the tests of the doors need. */
import { connect } from "node:net";
import { Client, type ClientChannel, type ConnectConfig } from "ssh2";
import { deliveryOf } from "../../../../provider/remote/agentStart";
import { AGENT_COMMAND } from "../../../../provider/remote/command";
import type { Lab } from "../../../../lab/start";
import { AgentLines } from "../../../support/agents/lines";
import { until } from "../../../support/lab";

export const SCRIPT_TEXT = "# the agent's script\n";
export const SCRIPT = deliveryOf(SCRIPT_TEXT).line;

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

/** An agent behind SSH. */
export class TestAgent extends AgentLines {
  private constructor(
    private readonly lab: Lab,
    readonly client: Client,
    readonly channel: ClientChannel,
  ) {
    super();
    channel.on("data", (chunk: Buffer) => this.receive(chunk.toString("utf8")));
    channel.stderr.on("data", (chunk: Buffer) => (this.stderr += chunk.toString("utf8")));
    channel.on("exit", (code: number) => (this.exitCode = code));
    channel.on("close", () => this.gone());
    client.on("close", () => this.gone());
  }

  static async open(lab: Lab, name: string, script = SCRIPT, config = sshConfig(lab, name)): Promise<TestAgent> {
    const client = await connectSsh(config);
    return new TestAgent(lab, client, await exec(client, AGENT_COMMAND)).start(script);
  }

  write(text: string | Buffer): void {
    this.channel.write(text);
  }

  endInput(text = ""): void {
    this.channel.end(text);
  }

  destroy(): void {
    this.client.destroy();
  }

  async abandon(): Promise<void> {
    const open = (): number => [...this.lab.hosts.values()].flatMap(({ ssh }) => ssh.connections).filter((one) => one.open).length;
    const before = open();
    this.client.destroy();
    await until("the host noticed", () => open() < before);
  }

  /** The lab's agent is no process: it takes no line after its connection, and ends with its cmdlet. */
  orphanEnded(): Promise<void> {
    return Promise.resolve();
  }

  async end(): Promise<void> {
    this.client.end();
    await this.until(() => false);
  }
}
