/**
 * The process-wide registry: one SSH connection and one agent process per server and run, shared by every resource
 * that needs the server, whatever credentials it was declared with. A session that was lost is opened again by the
 * next call, never by repeating the call that was under way.
 */
import type { Duplex } from "node:stream";
import { Mutex } from "async-mutex";
import { ExchangeError } from "../base/errors";
import { startAgent, secure, type AgentSession, type Parameters, type RequestOptions } from "./agentClient";
import { withTurn } from "./accounts";
import { agentScript } from "./agentScript";
import { labelOf, serverKey, type HostConnection } from "./hosts";
import { OPERATIONS, type HostFacts, type Operation, type Operations, type Where } from "./protocol";
import { currentRehearsal } from "../rehearsal";
import { forgetReadings, reading } from "./readings";
import { resolveSecret } from "./secrets";
import { connectSsh, type SshConnection, type SshTimes } from "./ssh";
import { invokeWhere } from "./where";

/** What an `invoke` gives back. */
export interface Invoked<T> {
  objects: T[];
  warnings: string[];
}

export interface InvokeOptions extends RequestOptions {
  /** Only the output objects that have one of these texts in one of these properties, which need not be selected. */
  where?: Where;
}

/** A server in use. Calls open it again when it was lost. */
export interface HostSession {
  /** Facts of the latest agent. `name` is the server's name for progress lines. */
  readonly facts: HostFacts;
  /** The connection that it was opened with. */
  readonly host: HostConnection;
  /** The open SSH connection. */
  readonly ssh: SshConnection;
  /** For work on this server that must not interleave within this process. */
  readonly mutex: Mutex;
  /** How often it was opened: 1 unless it was lost. */
  readonly generation: number;
  request<Op extends Operation>(op: Op, params: Operations[Op]["params"], options?: RequestOptions): Promise<Operations[Op]["value"]>;
  /** One cmdlet; `select` names the properties to return. Mutations need `options.fence`. */
  invoke<T = Record<string, unknown>>(
    cmdlet: string,
    parameters: Parameters,
    select: readonly string[],
    options?: InvokeOptions,
  ): Promise<Invoked<T>>;
  /** A TCP connection from the server to `host:port`. */
  forward(host: string, port: number): Promise<Duplex>;
  close(): void;
}

export interface OpenOptions {
  /** For deletes, whose own connection may be outdated: the newest registered connection is used before it. */
  preferRegistered?: boolean;
}

interface Entry {
  registered?: HostConnection;
  session?: Session;
  opening?: Promise<Session>;
}

const entries = new Map<string, Entry>();
let closings = 0;

/** How often all sessions were ended in this process: what was learnt through them belongs to the run before. */
export const timesClosed = (): number => closings;
let sshTimes: Partial<SshTimes> = {};

function entryOf(host: HostConnection): Entry {
  const key = serverKey(host);
  const entry = entries.get(key) ?? {};
  entries.set(key, entry);
  return entry;
}

/** Remembers the newest connection of a server: `check`, `create` and `update` call this. */
export function registerConnection(host: HostConnection): void {
  entryOf(host).registered = host;
}

/**
 * The session of a server: the open one, else a new one. Concurrent callers share one opening; a failed one is
 * forgotten, so that a later call may try again.
 */
export async function openSession(host: HostConnection, options: OpenOptions = {}): Promise<HostSession> {
  const entry = entryOf(host);
  if (!options.preferRegistered) entry.registered = host;
  if (entry.session) {
    entry.session.host = entry.registered ?? host;
    await entry.session.ensure();
    return entry.session;
  }
  entry.opening ??= Session.open((options.preferRegistered && entry.registered) || host).then(
    (session) => {
      entry.session = session;
      entry.opening = undefined;
      return session;
    },
    (error: unknown) => {
      entry.opening = undefined;
      throw error;
    },
  );
  return entry.opening;
}

/** Ends every session and forgets every connection. */
export async function closeAll(): Promise<void> {
  const all = [...entries.values()];
  entries.clear();
  closings++;
  const opening = await Promise.allSettled(all.map((entry) => Promise.resolve(entry.opening)));
  for (const result of opening) if (result.status === "fulfilled") result.value?.close();
  for (const entry of all) entry.session?.close();
}

/** Shortens the time limits of new connections: for tests. */
export function setSshTimes(times: Partial<SshTimes>): void {
  sshTimes = times;
}

interface Link {
  ssh: SshConnection;
  agent: AgentSession;
  /** Settled once Exchange's shell was given its credential; undefined while no invoke needed it. */
  shell?: Promise<void>;
}

async function openLink(host: HostConnection): Promise<Link> {
  const ssh = await connectSsh(host, sshTimes);
  try {
    return { ssh, agent: await startAgent(ssh, { script: agentScript(), host: labelOf(host) }) };
  } catch (error) {
    ssh.close();
    throw error;
  }
}

class Session implements HostSession {
  readonly mutex = new Mutex();
  generation = 1;
  private reopening?: Promise<void>;
  private closedByUs = false;

  static async open(host: HostConnection): Promise<Session> {
    return new Session(host, await openLink(host));
  }

  private constructor(
    public host: HostConnection,
    private link: Link,
  ) {}

  get facts(): HostFacts {
    return this.link.agent.facts;
  }

  get ssh(): SshConnection {
    return this.link.ssh;
  }

  async request<Op extends Operation>(
    op: Op,
    params: Operations[Op]["params"],
    options?: RequestOptions,
  ): Promise<Operations[Op]["value"]> {
    return reading(this.facts.fqdn.toLowerCase(), op, params, async (sent) => {
      const link = await this.ensure();
      if (needsShell(op)) await this.openShell(link);
      const answer = link.agent.request(op, params, options);
      sent();
      return answer;
    });
  }

  async invoke<T = Record<string, unknown>>(
    cmdlet: string,
    parameters: Parameters,
    select: readonly string[],
    { where, ...options }: InvokeOptions = {},
  ): Promise<Invoked<T>> {
    const ask = (names: readonly string[], filter?: Where): Promise<Operations["invoke"]["value"]> =>
      this.request("invoke", { cmdlet, parameters, select: [...names], ...(filter && { where: filter }) }, options);
    if (!where) return (await ask(select)) as Invoked<T>;
    // The agent that is asked decides, which is a new one where the session was lost.
    if (!this.isOpen) await this.ensure();
    return (await invokeWhere(ask, select, where, this.facts.where === true)) as Invoked<T>;
  }

  async forward(host: string, port: number): Promise<Duplex> {
    return (await this.ensure()).ssh.forward(host, port);
  }

  close(): void {
    this.closedByUs = true;
    this.link.agent.close();
    this.link.ssh.close();
  }

  private get isOpen(): boolean {
    return this.link.agent.isOpen && this.link.ssh.isOpen;
  }

  /** The open link; opens it again when it was lost. */
  async ensure(): Promise<Link> {
    if (this.isOpen) return this.link;
    if (this.closedByUs) {
      throw new ExchangeError("CONNECTION_LOST", `The session with ${this.facts.name} was closed.`, { host: this.facts.name });
    }
    this.reopening ??= this.reopen().finally(() => (this.reopening = undefined));
    await this.reopening;
    return this.link;
  }

  private async reopen(): Promise<void> {
    this.link.ssh.close();
    const link = await openLink(this.host);
    if (link.agent.facts.fqdn.toLowerCase() !== this.facts.fqdn.toLowerCase()) {
      link.ssh.close();
      const text = `${labelOf(this.host)} was ${this.facts.fqdn} and is ${link.agent.facts.fqdn} now.`;
      throw new ExchangeError("HOST_IS_ANOTHER_SERVER", text, { host: this.facts.name });
    }
    this.link = link;
    this.generation++;
    forgetReadings();
  }

  /** A key logon on a Mailbox server brings no network credentials: the shell gets those of `exchangeCredential`. */
  private openShell(link: Link): Promise<void> {
    const credential = this.host.exchangeCredential;
    if (!credential || link.agent.facts.role !== "Mailbox") return Promise.resolve();
    link.shell ??= resolveSecret(credential.password).then((password) => {
      // the lab's own logon brings its credentials; this one is for the real server alone
      if (currentRehearsal()) return undefined;
      const account = { user: credential.user, password, server: serverKey(this.host), label: this.facts.name };
      const logon = (): Promise<unknown> =>
        link.agent.request("shell.open", { credential: { user: credential.user, password: secure(password) } });
      return withTurn(account, logon, (by) => shellWithheld(this.facts.name, credential.user, by)).then(() => undefined);
    });
    return link.shell;
  }
}

function shellWithheld(host: string, user: string, by: string): ExchangeError {
  const sentence = `${by} refused this password for ${user} before in this run; it was not sent to ${by === host ? "it again" : host}, so that the account is not locked.`;
  return new ExchangeError("LOGIN_FAILED", sentence, {
    host,
    hint: "Correct exchangeCredential, then run again.",
    details: { withheld: true },
  });
}

/** Cmdlets, and the removals that ask some. */
function needsShell(op: Operation): boolean {
  return OPERATIONS[op].shell === true && op !== "shell.open";
}
