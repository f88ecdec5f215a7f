/**
 * The provider's side of the agent: one process on the host, requests and replies as JSON lines (protocol.ts).
 *
 * @example
 * const agent = await startAgent(ssh, { script });
 * const { objects } = await agent.request("invoke", { cmdlet: "Get-ExchangeCertificate", parameters: {}, select: ["Thumbprint"] });
 */
import type { Duplex } from "node:stream";
import { asExchangeError, ExchangeError } from "../base/errors";
import { plain } from "../base/hostText";
import { asked, describeAsked, replyError, type Asked } from "./agentErrors";
import { checkHost, deliveryOf, endedEarly, Greeting, lateStart, NotReady, parseObject, protocolError } from "./agentStart";
import { AGENT_COMMAND } from "./command";
import { explained } from "./shellLook";
import { labelOf } from "./hosts";
import { LineReader, utf8 } from "./lines";
import { MAX_LINE, MAX_REPLY, MUTATING, type AgentError, type HostFacts, type Operation, type Operations } from "./protocol";
import { SendOrder } from "./sendOrder";
import type { RemoteProcess, SshConnection } from "./ssh";

export { bytes, secure, time, timespan, type Parameters } from "./values";

/**
 * Time limits in milliseconds. Exchange's shell may take its time to load on the first invoke. `slow` is for changes that
 * wait on the host: 120 s for the change lock, then 300 s for a service or 180 s for certreq.
 */
export const AGENT_TIMES = { start: 60_000, request: 180_000, slow: 600_000 };

/** Options of one request. */
export interface RequestOptions {
  /** Number of the lease that the caller holds: required for mutations. */
  fence?: number;
  /** Makes a mutation idempotent: the host answers a repeated key with the stored reply. */
  key?: string;
  /** Default 180 s, 600 s for services and other changes that are no cmdlets; counted from when the host can start on it. */
  timeoutMs?: number;
}

export interface AgentSession {
  readonly facts: HostFacts;
  /** Errors: CMDLET_FAILED, FENCED, AGENT_REFUSED, SERVICE_FAILED, JOURNAL_UNWRITABLE, CALL_TIMEOUT, CONNECTION_LOST … */
  request<Op extends Operation>(op: Op, params: Operations[Op]["params"], options?: RequestOptions): Promise<Operations[Op]["value"]>;
  /** Ends the agent: it exits when its running cmdlet returns. */
  close(): void;
  /** Resolves with the reason once the session can take no more requests. */
  readonly closed: Promise<ExchangeError>;
  readonly isOpen: boolean;
}

export interface AgentOptions {
  /** Text of agent.ps1. */
  script: string;
  /** The host's name in messages; default: the connection's. */
  host?: string;
  startMs?: number;
  requestMs?: number;
  slowMs?: number;
}

/** Starts the agent on a connection. Errors: those of `checkHost` and `endedEarly`, CALL_TIMEOUT, CONNECTION_LOST. */
export async function startAgent(ssh: SshConnection, options: AgentOptions): Promise<AgentSession> {
  const host = options.host ?? labelOf(ssh.host);
  const delivery = deliveryOf(options.script.replace(/^\uFEFF/, ""));
  const process = await ssh.exec(AGENT_COMMAND);
  try {
    process.stream.write(delivery.line + "\n");
    const { facts, rest } = await awaitReady(host, ssh, process, options.startMs ?? AGENT_TIMES.start);
    checkHost(host, facts, delivery);
    // From here on the server is called by its own name, not by the address that leads to it.
    const times = { request: options.requestMs ?? AGENT_TIMES.request, slow: options.slowMs ?? AGENT_TIMES.slow };
    return new Session(facts.name, facts, ssh, process, rest, times);
  } catch (error) {
    process.stream.destroy();
    throw await explained(ssh, process, error, options.startMs ?? AGENT_TIMES.start);
  }
}

function awaitReady(host: string, ssh: SshConnection, process: RemoteProcess, limit: number): Promise<{ facts: HostFacts; rest: Buffer }> {
  const { stream } = process;
  const greeting = new Greeting(host);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => done(() => reject(new NotReady((shell) => lateStart(host, limit, greeting.text(), shell)))), limit);
    const done = (settle: () => void): void => {
      clearTimeout(timer);
      stream.removeListener("data", onData);
      stream.pause();
      settle();
    };
    const onData = (chunk: Buffer): void => {
      try {
        const ready = greeting.push(chunk);
        if (ready) done(() => resolve(ready));
      } catch (error) {
        done(() => reject(asExchangeError(error)));
      }
    };
    stream.on("data", onData);
    const ended = (code: number | null): Error =>
      ssh.isOpen ? new NotReady((shell) => endedEarly(host, code, greeting.text(), process.stderr(), shell)) : lostAtStart(host);
    void process.ended.then(({ code }) => done(() => reject(ended(code))));
    void ssh.closed.then(() => done(() => reject(lostAtStart(host))));
  });
}

function lostAtStart(host: string): ExchangeError {
  return new ExchangeError("CONNECTION_LOST", `${host}: the connection was lost while the agent started.`, {
    host,
    retryable: true,
  });
}

interface Pending {
  id: number;
  line: string;
  about: Asked;
  timeoutMs: number;
  resolve(value: unknown): void;
  reject(error: ExchangeError): void;
}

class Session implements AgentSession {
  readonly closed: Promise<ExchangeError>;
  isOpen = true;
  /** What was sent and is not answered yet. */
  private readonly pending = new Map<number, Pending>();
  private readonly order = new SendOrder<Pending>((entry) => this.send(entry));
  private readonly reader = new LineReader(MAX_REPLY);
  private readonly stream: Duplex;
  private nextId = 1;
  private timer?: NodeJS.Timeout;
  private resolveClosed!: (reason: ExchangeError) => void;
  private end?: ExchangeError;

  constructor(
    private readonly host: string,
    readonly facts: HostFacts,
    ssh: SshConnection,
    process: RemoteProcess,
    rest: Buffer,
    private readonly times: { request: number; slow: number },
  ) {
    this.closed = new Promise((resolve) => (this.resolveClosed = resolve));
    this.stream = process.stream;
    this.stream.on("data", (chunk: Buffer) => this.receive(chunk));
    void ssh.closed.then((reason) => this.finish(lost(host, reason)));
    void process.ended.then(({ code }) => this.finish(lost(host, agentEnded(code, process.stderr()))));
    if (rest.length > 0) this.receive(rest);
    this.stream.resume();
  }

  request<Op extends Operation>(op: Op, params: Operations[Op]["params"], options: RequestOptions = {}): Promise<Operations[Op]["value"]> {
    const about = asked(this.host, op, params);
    if (this.end) return Promise.reject(notSent(this.end));
    const id = this.nextId++;
    const { fence, key } = options;
    const line = JSON.stringify({ id, op, params, fence, key }) + "\n";
    if (Buffer.byteLength(line) > MAX_LINE) return Promise.reject(tooLarge(about));
    return new Promise((resolve, reject) => {
      const timeoutMs = options.timeoutMs ?? (MUTATING.includes(op) ? this.times.slow : this.times.request);
      this.order.push({ id, line, about, timeoutMs, resolve: resolve, reject });
    });
  }

  private send(entry: Pending): void {
    this.pending.set(entry.id, entry);
    if (this.pending.size === 1) this.watchOldest();
    this.stream.write(entry.line);
  }

  close(): void {
    if (!this.isOpen) return;
    this.stream.end();
    this.finish(lost(this.host, "closed by this run"));
  }

  private receive(chunk: Buffer): void {
    if (!this.isOpen) return;
    try {
      for (const line of this.reader.push(chunk)) this.answer(line);
    } catch (error) {
      const reason = error instanceof ExchangeError ? error : protocolError(this.host, (error as Error).message);
      this.finish(reason);
      this.stream.destroy();
    }
  }

  private answer(line: Buffer): void {
    const text = utf8(line);
    if (text === undefined) throw protocolError(this.host, "a reply is not UTF-8");
    if (text.trim() === "") return;
    const reply = parseObject(text);
    if (!reply || typeof reply.ok !== "boolean") throw protocolError(this.host, "a line is no reply of the agent");
    const entry = typeof reply.id === "number" ? this.pending.get(reply.id) : undefined;
    if (!entry) throw protocolError(this.host, `a reply has the unknown id ${JSON.stringify(reply.id)?.slice(0, 40)}`);
    this.pending.delete(entry.id);
    this.order.answered(entry);
    this.watchOldest();
    if (reply.ok) return entry.resolve(reply.value ?? {});
    const error = reply.error as AgentError | undefined;
    if (!error || typeof error.class !== "string") throw this.failEntry(entry, "a refusal has no error class");
    entry.reject(replyError(entry.about, error));
  }

  private failEntry(entry: Pending, reason: string): ExchangeError {
    const error = protocolError(this.host, reason);
    entry.reject(pendingError(error, entry.about));
    return error;
  }

  /** The host works one request after the other, so only the oldest one's clock runs. */
  private watchOldest(): void {
    clearTimeout(this.timer);
    const oldest = this.pending.entries().next();
    if (oldest.done) return;
    const [, entry] = oldest.value;
    this.timer = setTimeout(() => this.expire(entry), entry.timeoutMs);
  }

  /** After a timeout the process is stuck in a cmdlet: the session ends, the fence keeps the orphan harmless. */
  private expire(entry: Pending): void {
    this.pending.delete(entry.id);
    const seconds = Math.round(entry.timeoutMs / 1000);
    const sentence = `${this.host}: ${describeAsked(entry.about)} did not answer within ${seconds} s.`;
    entry.reject(new ExchangeError("CALL_TIMEOUT", sentence, { host: this.host, unknown: entry.about.mutating, retryable: true }));
    this.stream.end();
    this.finish(lost(this.host, `given up after ${describeAsked(entry.about)} had not answered`));
  }

  private finish(reason: ExchangeError): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.end = reason;
    clearTimeout(this.timer);
    for (const entry of this.pending.values()) entry.reject(pendingError(reason, entry.about));
    this.pending.clear();
    for (const { about, reject } of this.order.giveUp()) reject(heldBack(reason, about));
    this.resolveClosed(reason);
  }
}

/** The error of a request that was under way when the session ended. */
function pendingError(reason: ExchangeError, about: Asked): ExchangeError {
  const sentence = `${about.host}: no answer to ${describeAsked(about)}: ${reason.sentence}`;
  return new ExchangeError(reason.code, sentence, { host: about.host, unknown: about.mutating, retryable: true, cause: reason });
}

/** The error of a request that waited for the answer to an earlier change, and never left. */
function heldBack(reason: ExchangeError, about: Asked): ExchangeError {
  const sentence = `${about.host}: ${describeAsked(about)} was not sent: ${reason.sentence}`;
  return new ExchangeError(reason.code, sentence, { host: about.host, retryable: true, cause: reason });
}

/** The error of a request that never left: nothing is unknown about it. */
function notSent(reason: ExchangeError): ExchangeError {
  return new ExchangeError(reason.code, reason.sentence, { host: reason.host, retryable: true, cause: reason });
}

function lost(host: string, reason: string): ExchangeError {
  return new ExchangeError("CONNECTION_LOST", `${host}: the session with the agent ended: ${reason}.`, { host, retryable: true });
}

function agentEnded(code: number | null, stderr: string): string {
  const how = code === null ? "the agent ended" : `the agent ended with exit code ${code}`;
  return stderr.trim() === "" ? how : `${how} and printed: ${plain(stderr.trim().slice(-300))}`;
}

function tooLarge(about: Asked): ExchangeError {
  const sentence = `${about.host}: ${describeAsked(about)} has more than ${MAX_LINE} bytes.`;
  return new ExchangeError("AGENT_REFUSED", sentence, { host: about.host, details: { class: "TooLarge" } });
}
