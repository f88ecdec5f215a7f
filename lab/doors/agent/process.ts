/**
 * One simulated `powershell.exe` that runs the agent: a script line in, then request lines in and reply lines out,
 * strictly in order. It knows nothing of SSH: a door gives it streams and a way to cut the connection.
 */
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { delay } from "../../../provider/base/clock";
import { MAX_LINE, MAX_REPLY, type Reply } from "../../../provider/remote/protocol";
import type { FaultPoint, FaultSpec } from "../faults";
import type { Host } from "../host";
import { AgentFailure } from "./failure";
import { LineSplitter } from "./lines";
import { hostFacts, type OperationContext } from "./operations";
import { idOf, parseRequest } from "./requests";
import { isOfBefore, knows, runRequest, type Running } from "./run";
import { type Logon, Shell } from "./shell";

/** The process's ends, given by a door. */
export interface ProcessPipe {
  write(text: string): void;
  writeError(text: string): void;
  /** The process ended by itself or was killed. */
  exit(code: number): void;
  /** Cuts the connection that carries the process (fault `disconnect`). */
  disconnect(): void;
}

export interface ProcessOptions {
  logon: Logon;
  /** Text on stdout before the ready line, as a login script would print it. */
  noise?: string;
}

/** Thrown inside a request when its process is gone. */
class ProcessGone extends Error {}

export class AgentProcess implements Running {
  readonly session: string;
  readonly pid: number;
  private readonly splitter: LineSplitter;
  private readonly waiting: string[] = [];
  private context?: OperationContext;
  private busy = false;
  private inputEnded = false;
  private connected = true;
  private ended = false;
  private readonly gone: Promise<never>;
  private setGone!: (reason: Error) => void;

  constructor(
    readonly host: Host,
    private readonly pipe: ProcessPipe,
    private readonly options: ProcessOptions,
  ) {
    ({ session: this.session, pid: this.pid } = host.newProcess());
    this.gone = new Promise<never>((_, reject) => (this.setGone = reject));
    this.gone.catch(() => undefined);
    this.splitter = new LineSplitter({ line: (text) => this.enqueue(text), tooLong: () => this.tooLong() });
  }

  /** Bytes on stdin. */
  input(chunk: Buffer): void {
    if (!this.inputEnded) this.splitter.push(chunk);
  }

  /** stdin reached its end: what was received is answered, then the process ends. */
  endInput(): void {
    this.inputEnded = true;
    this.pump();
  }

  /** The connection is gone: a running cmdlet is finished by the orphan, nothing else is begun. */
  connectionLost(): void {
    this.connected = false;
    this.inputEnded = true;
    this.waiting.length = 0;
    this.pump();
  }

  get heard(): boolean {
    return this.connected && !this.ended;
  }

  private enqueue(line: string): void {
    this.waiting.push(line);
    this.pump();
  }

  private tooLong(): void {
    this.enqueue("\0too long");
  }

  private pump(): void {
    if (this.busy || this.ended) return;
    const line = this.waiting.shift();
    if (line === undefined) {
      if (this.inputEnded) this.end(0);
      return;
    }
    this.busy = true;
    const work = this.context ? this.serve(line) : this.begin(line);
    void work
      .catch((error: unknown) => {
        if (!(error instanceof ProcessGone)) this.crash(error);
      })
      .finally(() => {
        this.busy = false;
        this.pump();
      });
  }

  /** First line: the script. Its hash is what the ready line reports. */
  private async begin(line: string): Promise<void> {
    const { host, options } = this;
    const script = this.expand(line);
    if (!script) return this.end(1);
    const hits = host.services.faults.match(host, "start");
    await this.fault(hits, "before", null);
    await delay(host.services.startCost.powershell);
    const agent = createHash("sha256").update(script).digest("hex");
    this.context = { host, shell: new Shell(host, options.logon), pid: this.pid, agent, where: !isOfBefore(host) };
    await this.fault(hits, "after", null);
    const ready = JSON.stringify({ event: "ready", ...hostFacts(this.context) });
    await this.fault(hits, "reply", ready);
    this.send(`${options.noise ?? ""}${ready}\n`);
  }

  /** What the bootstrap of the command line makes of the first line: base64 of gzip; null where it fails. */
  private expand(line: string): Buffer | null {
    const packed = Buffer.from(line, "base64");
    if (packed.length === 0 || packed.toString("base64").replace(/=+$/, "") !== line.replace(/=+$/, "")) {
      this.pipe.writeError('Exception calling "FromBase64String" with "1" argument(s): "The input is not a valid Base-64 string."\r\n');
      return null;
    }
    try {
      return gunzipSync(packed);
    } catch {
      this.pipe.writeError('Exception calling "ReadToEnd" with "0" argument(s): "The magic number in GZip header is not correct."\r\n');
      return null;
    }
  }

  private async serve(line: string): Promise<void> {
    if (line.trim() === "") return;
    const reply = await this.answer(line);
    const text = JSON.stringify(reply);
    const tooLarge = Buffer.byteLength(text) > MAX_REPLY;
    this.send(`${tooLarge ? JSON.stringify(tooLargeReply(reply.id, MAX_REPLY)) : text}\n`);
  }

  private async answer(line: string): Promise<Reply> {
    if (line === "\0too long") return tooLargeReply(null);
    try {
      return await runRequest(
        this,
        this.context!,
        parseRequest(line, { operation: (op) => knows(this.host, op), where: this.context!.where }),
      );
    } catch (error) {
      if (!(error instanceof AgentFailure)) throw error;
      return { id: idOf(line), ok: false, error: { class: error.kind, message: error.message } };
    }
  }

  /** Applies the hits for a point. `reply` is the text that is cut in half by `kill` and `disconnect` at `reply`. */
  async fault(hits: FaultSpec[], at: FaultPoint, reply: string | null): Promise<FaultSpec | undefined> {
    for (const hit of hits.filter((spec) => spec.at === at)) {
      if (hit.kind === "error") return hit;
      if (hit.kind === "delay") await this.wait(hit.ms ?? 0);
      if (hit.kind === "hang") await this.gone;
      if (hit.kind === "kill") this.cut(reply, () => this.end(1));
      if (hit.kind === "disconnect") await this.disconnect(hit, at, reply);
    }
    return undefined;
  }

  private async disconnect(hit: FaultSpec, at: FaultPoint, reply: string | null): Promise<void> {
    const orphan = at === "before" && hit.ms !== undefined;
    if (!orphan) return this.cut(reply, () => this.pipe.disconnect());
    // The cmdlet is running when the connection goes; nobody waits for it, and it finishes late.
    this.pipe.disconnect();
    await delay(hit.ms!);
  }

  private cut(reply: string | null, how: () => void): never {
    if (reply !== null) this.send(reply.slice(0, Math.ceil(reply.length / 2)));
    how();
    throw new ProcessGone();
  }

  /** Waits while the process lives. */
  private async wait(ms: number): Promise<void> {
    await Promise.race([delay(ms), this.gone]);
  }

  private send(text: string): void {
    if (this.heard) this.pipe.write(text);
  }

  private crash(error: unknown): void {
    this.pipe.writeError(`${error instanceof Error ? error.message : String(error)}\r\n`);
    this.end(1);
  }

  private end(code: number): void {
    if (this.ended) return;
    this.ended = true;
    this.setGone(new ProcessGone());
    if (this.connected) this.pipe.exit(code);
  }
}

function tooLargeReply(id: number | null, limit = MAX_LINE): Reply {
  return { id, ok: false, error: { class: "TooLarge", message: `A line may have ${limit} bytes.` } };
}
