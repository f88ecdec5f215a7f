/** An agent as a child of this process: a program that takes the constant command line, spoken to over its standard streams. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { StringDecoder } from "node:string_decoder";
import { AGENT_COMMAND } from "../../../provider/remote/command";
import { deliveryOf } from "../../../provider/remote/agentStart";
import { agentScript } from "../../../provider/remote/agentScript";
import { AgentLines } from "./lines";

export interface ChildOptions {
  /** Folder with `powershell.exe`, in front of the PATH. */
  bin: string;
  env?: NodeJS.ProcessEnv;
  /** Default: the shipped script. */
  script?: string;
}

const running = new Set<ChildProcessWithoutNullStreams>();
// what a failed test leaves behind
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export class ChildAgent extends AgentLines {
  private constructor(readonly child: ChildProcessWithoutNullStreams) {
    super();
    running.add(child);
    const text = new StringDecoder("utf8");
    child.stdout.on("data", (chunk: Buffer) => this.receive(text.write(chunk)));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (this.stderr += chunk));
    child.stdin.on("error", () => undefined);
    child.once("error", (error) => (this.stderr += error.message));
    child.once("exit", (code) => (this.exitCode = code ?? undefined));
    child.once("close", () => {
      running.delete(child);
      this.gone();
    });
  }

  static open({ bin, env = {}, script = agentScript() }: ChildOptions): Promise<ChildAgent> {
    const [, ...args] = AGENT_COMMAND.split(" ");
    const child = spawn(`${bin}/powershell.exe`, args, { env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, ...env } });
    return new ChildAgent(child).start(deliveryOf(script).line);
  }

  write(text: string | Buffer): void {
    this.child.stdin.write(text);
  }

  endInput(text = ""): void {
    this.child.stdin.end(text);
  }

  destroy(): void {
    this.child.kill("SIGKILL");
  }

  /** Its pipes close as when sshd's session ends; it is no longer waited for. */
  abandon(): Promise<void> {
    this.child.stdin.destroy();
    this.child.stdout.destroy();
    this.child.stderr.destroy();
    this.gone();
    return Promise.resolve();
  }

  async orphanEnded(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
  }

  async end(): Promise<void> {
    this.endInput();
    await this.until(() => false);
  }
}
