/**
 * SSH without the network: the provider's own agent client on one end, the lab's simulated PowerShell on the other. It can be
 * told what to do at each request, and a provider that is dead hears nothing any more.
 */
import { Duplex } from "node:stream";
import { AgentProcess } from "../../../lab/doors/agent/process";
import type { Host } from "../../../lab/doors/host";
import type { HostConnection } from "../../../provider/remote/hosts";
import type { RemoteProcess, SshConnection } from "../../../provider/remote/ssh";
import { tick } from "./virtualTime";

/** One request on its way to a host. */
export interface Sent {
  host: string;
  /** Cmdlet for `invoke`, the operation's name for the rest. */
  call: string;
  mutating: boolean;
  /** Writes into the working folder. */
  writes: boolean;
}
/**
 * What happens to a request. `dieBefore` it leaves, or `dieAfter` it was carried out and before the reply is heard;
 * `warn`: nothing is done, the reply is a success with a warning; `silent`: the same without a word (an error that did not end
 * the cmdlet and that nobody passed on); `incomplete`: EdgeSync says Incomplete.
 */
export type Verdict = "pass" | "dieBefore" | "dieAfter" | "warn" | "silent" | "incomplete";

/** What a wire has to know of the provider process that uses it. */
export interface Process {
  readonly dead: boolean;
  die(): void;
  /** `index` counts the requests of this process. */
  onRequest(request: Sent, line: string): { index: number; verdict: Verdict };
  /** The reply to a request is written, and not yet read. */
  onReply(index: number, text: string): void;
  /** A PowerShell process was started for it. */
  serves(session: string): void;
  readonly wires: Set<MemoryConnection>;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export class MemoryConnection implements SshConnection {
  readonly closed: Promise<string>;
  isOpen = true;
  private end!: (reason: string) => void;
  private readonly processes = new Set<AgentProcess>();

  constructor(
    readonly host: HostConnection,
    private readonly target: Host,
    private readonly owner: Process,
    private readonly describe: (host: string, line: string) => { id: number; sent: Sent } | null,
    private readonly all: Set<unknown>,
  ) {
    this.closed = new Promise((resolve) => (this.end = resolve));
    owner.wires.add(this);
    all.add(this);
  }

  exec(): Promise<RemoteProcess> {
    return this.owner.dead ? never() : Promise.resolve(this.start());
  }

  private start(): RemoteProcess {
    let ended!: (result: { code: number | null }) => void;
    const over = new Promise<{ code: number | null }>((resolve) => (ended = resolve));
    /** Requests under way: id → which of the process's requests it is, and what is to happen. */
    const asked = new Map<number, { index: number; verdict: Verdict }>();
    const stream: Duplex = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        tick();
        const judged = this.judge(chunk);
        if (judged?.verdict === "dieBefore") return this.owner.die();
        if (judged) asked.set(judged.id, judged);
        done();
        if (judged?.verdict === "warn" || judged?.verdict === "silent")
          return void setImmediate(() => stream.push(hollowReply(judged.id, judged.verdict === "warn")));
        setImmediate(() => agent.input(chunk));
      },
      final: (done) => {
        agent.endInput();
        done();
      },
      destroy: (error, done) => {
        agent.connectionLost();
        done(error);
      },
    });
    stream.on("error", () => undefined);
    const agent = new AgentProcess(
      this.target,
      {
        write: (text) => {
          tick();
          const reply = asked.get(Number(/^{"id":(\d+)/.exec(text)?.[1]));
          if (reply?.verdict === "dieAfter") this.owner.die();
          if (reply?.verdict === "incomplete") text = text.replaceAll('"Success"', '"Incomplete"');
          if (reply) this.owner.onReply(reply.index, text);
          if (!this.owner.dead && !stream.destroyed) stream.push(text);
        },
        writeError: () => undefined,
        exit: (code) => {
          if ([...asked.values()].some(({ verdict }) => verdict === "dieAfter")) this.owner.die();
          if (this.owner.dead) return;
          stream.push(null);
          ended({ code });
        },
        disconnect: () => this.drop("the server closed it"),
      },
      { logon: "password" },
    );
    this.processes.add(agent);
    this.owner.serves(agent.session);
    return { stream, stderr: () => "", ended: over };
  }

  private judge(chunk: Buffer): { id: number; index: number; verdict: Verdict } | null {
    const request = this.describe(this.target.name, chunk.toString("utf8"));
    if (!request) return null;
    const { id, sent } = request;
    const { index, verdict } = this.owner.onRequest(sent, chunk.toString("utf8"));
    // Only a cmdlet that changes something can look successful with nothing done.
    const hollow = verdict === "warn" || verdict === "silent";
    return { id, index, verdict: hollow && !(sent.mutating && sent.call.includes("-")) ? "pass" : verdict };
  }

  /** No doors here: what they present is asked of the model (provider.ts). */
  forward(): Promise<Duplex> {
    return this.owner.dead ? never() : Promise.reject(new Error("(SSH) Channel open failure: Connection refused"));
  }

  get server(): string {
    return this.target.name;
  }

  /** The connection is gone for both ends. */
  drop(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    for (const agent of this.processes) agent.connectionLost();
    this.owner.wires.delete(this);
    this.all.delete(this);
    if (!this.owner.dead) this.end(reason);
  }

  close(): void {
    this.drop("closed by this run");
  }
}

/** Success, as the caller sees it: no error record, perhaps a warning, and nothing done. */
function hollowReply(id: number, warns: boolean): string {
  const value = { objects: [], warnings: warns ? ["Der Vorgang wurde mit einer Warnung beendet."] : [] };
  return JSON.stringify({ id, ok: true, value }) + "\n";
}

/** A call as the lab's record knows it: services carry Windows' verbs. */
export function historyName(call: string): string {
  const verb = /^service\.(.)(.*)$/.exec(call);
  return verb ? `${verb[1].toUpperCase()}${verb[2]}-Service` : call;
}
