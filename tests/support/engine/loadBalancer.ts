/** A load balancer that is managed over SSH: it takes every command and notes when it came. */
import type { AddressInfo } from "node:net";
import { Server, type AuthContext, type Connection } from "ssh2";
import { readyKey } from "../keys";

const ADDRESS = "127.0.0.1";
const PASSWORD = "password of the load balancer";

export class LoadBalancer {
  /** Commands in the order in which they came, each with what `look` said at that moment. */
  readonly seen: { command: string; then: string }[] = [];
  private readonly server: Server;

  private constructor(look: () => string) {
    const { privateKey } = readyKey("test");
    const hostKeys = [privateKey.export({ type: "pkcs1", format: "pem" })];
    this.server = new Server({ hostKeys }, (client) => {
      client.on("error", () => undefined);
      client.on("authentication", logon);
      client.on("ready", () => takeCommands(client, (command) => this.seen.push({ command, then: look() })));
    });
  }

  static start(look: () => string): Promise<LoadBalancer> {
    const made = new LoadBalancer(look);
    return new Promise((resolve) => made.server.listen(0, ADDRESS, () => resolve(made)));
  }

  /** For `@pulumi/command`. */
  get connection(): { host: string; port: number; user: string; password: string } {
    return { host: ADDRESS, port: (this.server.address() as AddressInfo).port, user: "deploy", password: PASSWORD };
  }

  /** What came since the last call. */
  take(): { command: string; then: string }[] {
    return this.seen.splice(0);
  }

  close(): void {
    this.server.close();
  }
}

function logon(context: AuthContext): void {
  if (context.method === "password" && context.password === PASSWORD) context.accept();
  else context.reject(["password"]);
}

function takeCommands(client: Connection, note: (command: string) => void): void {
  client.on("session", (accept) => {
    const session = accept();
    session.on("env", (acceptEnv) => acceptEnv?.());
    session.on("exec", (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      note(command);
      channel.exit(0);
      channel.end();
    });
  });
}
