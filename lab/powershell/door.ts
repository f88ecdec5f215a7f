/**
 * The lab behind a loopback port, for the Exchange that a real PowerShell sees (stage.ps1): one JSON question a line in, one JSON reply a
 * line out. The lab's faults hit here, with the real processes: `kill` ends the agent's PowerShell, `disconnect` the sshd that serves it,
 * `hang` never answers, `reply` is the same as `after`.
 */
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { delay } from "../../provider/base/clock";
import type { FaultPoint, FaultSpec } from "../doors/faults";
import { CmdletFailure } from "../model/contract";
import type { Lab } from "../start";
import { ANSWERS, refusalOf, type Answering, type Called, type Question } from "./answers";
import { cutConnection, kill } from "./processes";

export interface DoorOptions {
  lab: Lab;
  /** A cmdlet of `host` wrote a file into its working folder. */
  onFile: (host: string, name: string, bytes: Buffer) => void;
  /** Looks at every call that history and faults know, before it runs and after; may end processes. */
  watch?: (call: Called & Question, at: "before" | "after") => void | Promise<void>;
  /** Who logs on through sshd, beside the lab's own account; Exchange's shell takes both by password. */
  account?: { user: string; password: string };
  /** Process ids are none of this machine: nothing can be ended by them. */
  foreign?: boolean;
}

/** Never comes: the process that waits for it is to be ended, or to find out by itself. */
const SILENCE = Symbol("silence");

export class StageDoor implements Answering {
  readonly lab: Lab;
  watch: DoorOptions["watch"];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly options: DoorOptions) {
    this.lab = options.lab;
    this.watch = options.watch;
    this.server = createServer((socket) => this.accept(socket));
  }

  static async open(options: DoorOptions): Promise<StageDoor> {
    const door = new StageDoor(options);
    await new Promise<void>((resolve) => door.server.listen(0, "127.0.0.1", resolve));
    return door;
  }

  get account(): DoorOptions["account"] {
    return this.options.account;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  wrote(host: string, before: ReadonlyMap<string, Buffer>): void {
    for (const [name, bytes] of this.lab.organisation.files(host)) if (before.get(name) !== bytes) this.options.onFile(host, name, bytes);
  }

  async called<T>(question: Question, call: Called, run: () => T | Promise<T>): Promise<T> {
    const { host, agent } = question;
    const utc = this.lab.organisation.now(host).toISOString();
    const entry = this.lab.history.begin({ host, session: `${host.toLowerCase()}-${agent}`, pid: agent, fence: null, ...call, utc });
    const hits = this.lab.faults.match(this.lab.hosts.get(host)!.host, call.cmdlet);
    await this.watch?.({ ...question, ...call }, "before");
    try {
      await this.apply(hits, ["before"], agent);
      const value = await run();
      entry.executed = true;
      await this.watch?.({ ...question, ...call }, "after");
      await this.apply(hits, ["after", "reply"], agent);
      entry.outcome = "ok";
      return value;
    } catch (error) {
      if (error !== SILENCE) entry.outcome = "error";
      throw error;
    }
  }

  private async apply(hits: FaultSpec[], points: FaultPoint[], agent: number): Promise<void> {
    for (const { kind, ms, message } of hits.filter(({ at }) => points.includes(at))) {
      if (kind === "error") throw simulated(message);
      if (kind === "delay") await delay(ms ?? 0);
      if (this.options.foreign && (kind === "kill" || kind === "disconnect"))
        throw simulated(`No process of the simulated Windows can be ended: ${kind}.`);
      if (kind === "kill") kill(agent);
      if (kind === "disconnect") cutConnection(agent);
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- no failure: nobody is answered
      if (kind === "kill" || kind === "hang") throw SILENCE;
    }
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => this.sockets.delete(socket));
    const lines = createInterface({ input: socket });
    // the process that asked was ended
    lines.on("error", () => undefined).on("line", (line) => void this.answer(socket, line));
  }

  private async answer(socket: Socket, line: string): Promise<void> {
    let reply: object;
    try {
      const question = JSON.parse(line) as Question;
      reply = { value: (await ANSWERS[question.what](this, question)) ?? null };
    } catch (error) {
      if (error === SILENCE) return;
      reply = { error: refusalOf(error) };
    }
    socket.write(`${JSON.stringify(reply)}\n`);
  }
}

const simulated = (message = "The operation could not be completed (simulated)."): CmdletFailure =>
  new CmdletFailure("Microsoft.Exchange.Data.DataSourceOperationException", "SimulatedFault", "NotSpecified", message);
