/** The SSH door of one host: logon, the agent's command line, port forwarding, and the limits that sshd has. */
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { Server, type Connection, type ServerChannel, type ServerConfig } from "ssh2";
import { AGENT_COMMAND } from "../../../provider/remote/command";
import { AgentProcess } from "../agent/process";
import type { Logon } from "../agent/shell";
import type { Host } from "../host";
import { closeServer, cutOff, listen } from "../listen";
import { authenticate, type AuthRules } from "./auth";
import { Forwarders, openForward, type Resolve } from "./forwarding";
import { generateHostKey, type HostKey, type HostKeyType } from "./keys";

/** What tests may set; everything has sshd's behaviour as its default. */
export interface SshOptions {
  /** Key types, first = the one in the ready line. Default `["ed25519", "ecdsa"]`. */
  hostKeyTypes?: HostKeyType[];
  /** authorized_keys lines. */
  authorizedKeys?: string[];
  methods?: AuthRules["methods"];
  /** Sessions a connection may have at a time (sshd: `MaxSessions`). Default 10. */
  maxSessions?: number;
  /** Connections that may be unauthenticated at a time (sshd: `MaxStartups`). Default 100. */
  maxStartups?: number;
  /** Refused attempts after which it hangs up (sshd: `MaxAuthTries`). Default 6. */
  maxAuthTries?: number;
  /** Whether connections may be forwarded (sshd: `AllowTcpForwarding`). Default true. */
  forwarding?: boolean;
  /** Shown before authentication. */
  banner?: string;
  /** Printed on stdout before the agent's ready line. */
  noise?: string;
  algorithms?: ServerConfig["algorithms"];
}

/** One accepted connection, for figures and tests. */
export interface ConnectionRecord {
  host: string;
  authenticated: boolean;
  logon: Logon | null;
  /** Sessions that were opened in it. */
  sessions: number;
  forwards: { host: string; port: number }[];
  open: boolean;
}

export class SshDoor {
  readonly connections: ConnectionRecord[] = [];
  /** Methods of the attempts that were refused, in their order. */
  readonly refused: string[] = [];
  readonly keys: HostKey[];
  readonly auth: AuthRules;
  port = 0;
  private readonly ssh: Server;
  private readonly listener: NetServer;
  private readonly sockets = new Set<Socket>();
  private readonly forwarders = new Forwarders();
  /** Connections that are not authenticated yet, by the client's port. */
  private readonly starting = new Map<number, { socket: Socket; record: ConnectionRecord }>();

  constructor(
    private readonly host: Host,
    private readonly resolve: Resolve,
    private readonly options: SshOptions,
  ) {
    this.keys = (options.hostKeyTypes ?? ["ed25519", "ecdsa"]).map(generateHostKey);
    this.forwarding = options.forwarding ?? true;
    this.auth = {
      account: host.account,
      authorizedKeys: [...(options.authorizedKeys ?? [])],
      methods: options.methods,
      maxAuthTries: options.maxAuthTries,
    };
    const { banner, algorithms } = options;
    this.ssh = new Server({ hostKeys: this.keys.map((key) => key.private), banner, algorithms, ident: "OpenSSH_for_Windows_9.5" });
    this.ssh.on("connection", (connection, info) => this.serve(connection, info.port));
    this.listener = createServer({ noDelay: true }, (socket) => this.accept(socket));
  }

  async listen(address: string): Promise<void> {
    this.port = await listen(this.listener, address);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await closeServer(this.listener);
  }

  /** Cuts every connection of the host, as a reboot or a pulled cable would. */
  disconnectAll(): void {
    for (const socket of this.sockets) cutOff(socket);
  }

  /** Counts for the next forwarding of every connection, open ones included. */
  get forwarding(): boolean {
    return this.forwarders.allowed;
  }
  set forwarding(allowed: boolean) {
    this.forwarders.allow(allowed);
  }

  private accept(socket: Socket): void {
    socket.on("error", () => undefined); // a cut is an ordinary end here
    if (this.starting.size >= (this.options.maxStartups ?? 100)) return void socket.destroy();
    const record: ConnectionRecord = {
      host: this.host.name,
      authenticated: false,
      logon: null,
      sessions: 0,
      forwards: [],
      open: true,
    };
    const port = socket.remotePort!;
    this.connections.push(record);
    this.sockets.add(socket);
    this.starting.set(port, { socket, record });
    socket.once("close", () => {
      record.open = false;
      this.sockets.delete(socket);
      this.starting.delete(port);
    });
    this.ssh.injectSocket(socket);
  }

  private serve(connection: Connection, port: number): void {
    const { socket, record } = this.starting.get(port)!;
    connection.on("error", () => socket.destroy());
    const accepted = (logon: Logon): void => void (record.logon = logon);
    let failures = 0;
    const refused = (method: string): boolean => {
      this.refused.push(method);
      if (++failures < (this.auth.maxAuthTries ?? 6)) return false;
      disconnect(connection, TOO_MANY);
      return true;
    };
    connection.on("authentication", (context) => authenticate(context, this.auth, { accepted, refused }));
    connection.once("ready", () => {
      record.authenticated = true;
      this.starting.delete(port);
    });
    this.forwarders.add(connection, (accept, reject, { destIP, destPort }) => {
      record.forwards.push({ host: destIP, port: destPort });
      void this.forward(accept, reject, destIP, destPort);
    });
    connection.on("request", (_accept, reject) => reject?.());
    this.serveSessions(connection, socket, record);
  }

  private serveSessions(connection: Connection, socket: Socket, record: ConnectionRecord): void {
    let open = 0;
    connection.on("session", (accept, reject) => {
      if (open >= (this.options.maxSessions ?? 10)) return reject();
      open += 1;
      record.sessions += 1;
      const session = accept();
      session.once("close", () => (open -= 1));
      session.on("pty", (acceptPty) => acceptPty?.());
      session.on("env", (acceptEnv) => acceptEnv?.());
      session.on("exec", (acceptExec, _reject, { command }) => this.exec(acceptExec(), command, socket, record.logon!));
    });
  }

  private exec(channel: ServerChannel, command: string, socket: Socket, logon: Logon): void {
    if (command !== AGENT_COMMAND) return refuseCommand(channel, command);
    const process = new AgentProcess(
      this.host,
      {
        write: (text) => channel.write(text),
        writeError: (text) => channel.stderr.write(text),
        exit: (code) => {
          channel.exit(code);
          channel.end();
        },
        disconnect: () => socket.destroy(),
      },
      { logon, noise: this.options.noise },
    );
    channel.on("data", (chunk: Buffer) => process.input(chunk));
    channel.once("end", () => process.endInput());
    channel.once("close", () => process.connectionLost());
    channel.on("error", () => process.connectionLost());
    const lost = (): void => process.connectionLost();
    socket.once("close", lost);
    channel.once("close", () => socket.off("close", lost));
  }

  private async forward(accept: () => ServerChannel, reject: () => void, name: string, port: number): Promise<void> {
    const target = this.resolve(name, port);
    if (!target) return reject();
    try {
      const socket = await openForward(target);
      const channel = accept();
      channel.on("error", () => socket.destroy());
      socket.on("error", () => channel.destroy());
      socket.once("close", () => channel.end());
      channel.once("close", () => socket.destroy());
      channel.pipe(socket).pipe(channel);
    } catch {
      reject();
    }
  }
}

/** What `cmd.exe`, the default shell of Windows OpenSSH, prints for a command that it does not find. */
function refuseCommand(channel: ServerChannel, command: string): void {
  const name = command.split(/\s/)[0] ?? "";
  channel.stderr.write(`'${name}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n`);
  channel.exit(1);
  channel.end();
}

/** SSH_DISCONNECT_PROTOCOL_ERROR, with which sshd says "Too many authentication failures". */
const TOO_MANY = 2;

function disconnect(connection: Connection, reason: number): void {
  (connection as unknown as { _protocol: { disconnect(reason: number): void } })._protocol.disconnect(reason);
  connection.end();
}
