/** A connection that is logged on: programs and forwards, until it ends. */
import type { Duplex } from "node:stream";
import type { Client, ClientChannel } from "ssh2";
import { ExchangeError } from "../base/errors";
import { redact } from "../base/redact";
import { mayForward } from "../rehearsal";
import { addressOf, labelOf, type ProxyConnection } from "./hosts";
import { connectionLost, reasonOf } from "./sshErrors";

/** A program on the host. */
export interface RemoteProcess {
  stream: Duplex;
  /** The end of what it wrote to stderr, for diagnosis only. */
  stderr(): string;
  /** Resolves when the channel has closed; `code` is null when the program gave none. */
  ended: Promise<{ code: number | null; signal?: string }>;
}

/** A connection that is logged on. */
export interface SshConnection {
  readonly host: ProxyConnection;
  exec(command: string): Promise<RemoteProcess>;
  /** A TCP connection from the host to `host:port`. */
  forward(host: string, port: number): Promise<Duplex>;
  close(): void;
  /** Resolves with the reason once the connection has ended, whoever ended it. */
  readonly closed: Promise<string>;
  readonly isOpen: boolean;
}

const STDERR_TAIL = 4_096;

type Start<C> = (done: (error: Error | undefined, channel: C) => void) => unknown;

export class Connection implements SshConnection {
  readonly closed: Promise<string>;
  isOpen = true;
  private reason = "closed by this run";

  constructor(
    readonly host: ProxyConnection,
    private readonly client: Client,
    private readonly jump: SshConnection | undefined,
  ) {
    this.closed = new Promise((resolve) => {
      const end = (reason: string): void => {
        if (!this.isOpen) return;
        this.isOpen = false;
        this.reason = reason;
        client.destroy();
        jump?.close();
        resolve(reason);
      };
      client.on("error", (error) => end(reasonOf(error)));
      client.once("end", () => end("the server ended it"));
      client.once("close", () => end("the server closed it"));
      this.finish = end;
    });
  }

  private finish: (reason: string) => void = () => undefined;

  exec(command: string): Promise<RemoteProcess> {
    return this.open<ClientChannel, RemoteProcess>((done) => this.client.exec(command, done), watch, "a program");
  }

  async forward(host: string, port: number): Promise<Duplex> {
    mayForward(host, port);
    const start: Start<Duplex> = (done) => this.client.forwardOut("127.0.0.1", 0, host, port, done);
    return this.open<Duplex, Duplex>(start, (channel) => channel, `a connection to ${host}:${port}`);
  }

  close(): void {
    if (!this.isOpen) return;
    this.client.end();
    this.finish("closed by this run");
  }

  /**
   * Opens a channel; ends with the connection if that ends first. `use` runs before anything else is read from the
   * connection: the program's end may stand in the same packet as its start.
   */
  private open<C, T>(start: Start<C>, use: (channel: C) => T, what: string): Promise<T> {
    if (!this.isOpen) return Promise.reject(connectionLost(this.host, this.reason));
    return new Promise<T>((resolve, reject) => {
      void this.closed.then((reason) => reject(connectionLost(this.host, reason)));
      const opened = (error: Error | undefined, channel: C): void => {
        if (!error) return resolve(use(channel));
        if (!this.isOpen) return reject(connectionLost(this.host, this.reason));
        reject(refusedChannel(this.host, what, error));
      };
      try {
        start(opened);
      } catch {
        // ssh2 throws when its socket has ended before it has said so.
        reject(connectionLost(this.host, "it ended"));
      }
    });
  }
}

/** Follows a program from its first moment. */
function watch(channel: ClientChannel): RemoteProcess {
  let tail = "";
  channel.on("error", () => undefined);
  channel.stderr.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.toString("utf8")).slice(-STDERR_TAIL);
  });
  const ended = new Promise<{ code: number | null; signal?: string }>((resolve) => {
    let code: number | null = null;
    let signal: string | undefined;
    channel.on("exit", (value: number | null, name?: string) => {
      code = value;
      signal = name;
    });
    channel.once("close", () => resolve({ code, signal }));
  });
  return { stream: channel, stderr: () => redact(tail), ended };
}

/** Reasons of a refused channel that say nothing of the far end: administratively prohibited, unknown channel type (RFC 4254, 5.1). */
const FORBIDDEN: readonly unknown[] = [1, 3];

function refusedChannel(host: ProxyConnection, what: string, error: Error & { reason?: unknown }): ExchangeError {
  const sentence = `${addressOf(host)} refused ${what}: ${redact(error.message)}.`;
  if (FORBIDDEN.includes(error.reason)) {
    const forbidden = `The SSH server of ${addressOf(host)} does not forward ${what}.`;
    return new ExchangeError("FORWARDING_REFUSED", forbidden, { host: labelOf(host), cause: error, details: { forward: true } });
  }
  return new ExchangeError("HOST_UNREACHABLE", sentence, { host: labelOf(host), cause: error, details: { forward: true } });
}
