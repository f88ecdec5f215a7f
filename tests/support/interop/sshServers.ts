/** Single sshd servers for tests of the connection itself. */
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canMakeAccounts, ownAccount, throwawayAccount, type LogonAccount } from "../../../lab/interop/account";
import { makeKey, startSshd, type Sshd, type SshdOptions } from "../../../lab/interop/sshd";
import { ExchangeError, type ErrorCode } from "../../../provider/base/errors";
import type { ProxyConnection } from "../../../provider/remote/hosts";
import { connectSsh, type SshConnection, type SshTimes } from "../../../provider/remote/ssh";
import { findProgram } from "../../../lab/interop/programs";
import { until } from "../lab";
import { openFolder, removeFolder } from "./folders";

type Settings = Partial<Omit<SshdOptions, "folder" | "account">>;

/** One account and key, and the servers that let it in. */
export class SshServers {
  private readonly folder = openFolder();
  readonly account: LogonAccount = canMakeAccounts() ? throwawayAccount(join(this.folder, "home")) : ownAccount();
  readonly key = makeKey(join(this.folder, "logon"), "ed25519");
  private readonly servers: Sshd[] = [];
  private made = 0;
  private readonly open: SshConnection[] = [];

  /** The home of the account (only one made for the purpose). */
  get home(): string {
    return join(this.folder, "home");
  }

  async start(options: Settings = {}): Promise<Sshd> {
    const folder = join(this.folder, `sshd${this.made++}`);
    const server = await startSshd({ folder, account: this.account, authorizedKeys: [this.key.publicKey], ...options });
    this.servers.push(server);
    return server;
  }

  /** With a key; the first host key is pinned. */
  connection(server: Sshd): ProxyConnection {
    return { host: "127.0.0.1", port: server.port, user: this.account.user, privateKey: this.key.privateKey, hostKey: server.hostKeys[0] };
  }

  /** An RSA key to log on with. */
  rsaKey(): { privateKey: string; publicKey: string } {
    return (this.rsa ??= makeKey(join(this.folder, "rsa"), "rsa"));
  }
  private rsa?: { privateKey: string; publicKey: string };

  /** An ssh-agent with the logon key. */
  async agent(): Promise<{ socket: string; stop(): void }> {
    const socket = join(this.folder, "agent.sock");
    const child = spawn(findProgram("ssh-agent")!, ["-D", "-a", socket], { stdio: "ignore" });
    await until("ssh-agent listens", () => existsSync(socket));
    execFileSync(findProgram("ssh-add")!, [join(this.folder, "logon")], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: "pipe" });
    this.agents.push(child);
    return { socket, stop: () => void child.kill("SIGKILL") };
  }
  private readonly agents: ChildProcess[] = [];

  /** A folder with one shell script, for a PATH. */
  program(name: string, body: string): string {
    const folder = join(this.folder, `bin${this.programs++}`);
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
    return folder;
  }
  private programs = 0;

  /** With the account's password. */
  withPassword(server: Sshd): ProxyConnection {
    return { ...this.connection(server), privateKey: undefined, password: this.account.password };
  }

  async connect(host: ProxyConnection, times?: Partial<SshTimes>): Promise<SshConnection> {
    const connection = await connectSsh(host, times);
    this.open.push(connection);
    return connection;
  }

  /** What a program prints. */
  async run(connection: SshConnection, command: string): Promise<string> {
    const { stream, ended } = await connection.exec(command);
    let text = "";
    stream.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
    await ended;
    return text;
  }

  /** Ends connections and servers of one test. */
  async stop(): Promise<void> {
    for (const connection of this.open.splice(0)) connection.close();
    for (const agent of this.agents.splice(0)) agent.kill("SIGKILL");
    await Promise.all(this.servers.splice(0).map((server) => server.stop()));
  }

  async close(): Promise<void> {
    await this.stop();
    this.account.remove();
    removeFolder(this.folder);
  }
}

/** The refusal of `task`: one of our errors with this code and a hint. */
export async function refusal(task: Promise<unknown>, code: ErrorCode): Promise<ExchangeError> {
  const error = await task.then(
    () => assert.fail("was accepted"),
    (reason: unknown) => reason,
  );
  assert(error instanceof ExchangeError, String(error));
  assert.equal(error.code, code, error.message);
  assert(error.hint.length > 0);
  return error;
}
