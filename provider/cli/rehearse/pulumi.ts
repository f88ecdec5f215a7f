/** Runs of the Pulumi CLI: quiet ones through pipes, and the one that the user sees. Whatever of them runs ends with a signal of ours. */
import { spawn, type ChildProcess } from "node:child_process";
import { redact } from "../../base/redact";
import { impossible } from "./commandLine";

export interface Ran {
  code: number;
  out: string;
  err: string;
}

export class Pulumi {
  private child?: ChildProcess;
  private signal?: NodeJS.Signals;

  constructor(private readonly program: string) {}

  /** What it prints; `input` goes to its standard input, never to a command line or a file. */
  async ask(args: string[], cwd: string, env: NodeJS.ProcessEnv, input = ""): Promise<Ran> {
    const child = this.start(args, cwd, env, "pipe");
    let [out, err] = ["", ""];
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.stdin!.on("error", () => undefined);
    child.stdin!.end(input);
    return { code: await this.ended(child), out, err };
  }

  /** As `ask`. @throws REHEARSAL_IMPOSSIBLE with what it said */
  async must(what: string, args: string[], cwd: string, env: NodeJS.ProcessEnv, input = ""): Promise<string> {
    const { code, out, err } = await this.ask(args, cwd, env, input);
    if (code === 0) return out;
    throw impossible(`${what}: ${lastLines(err || out)}`);
  }

  /** The run itself, with the user's terminal. */
  async show(args: string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
    return this.ended(this.start(args, cwd, env, "inherit"));
  }

  get isStopped(): boolean {
    return this.signal !== undefined;
  }

  /** Ends what runs and refuses what would come. */
  stop(signal: NodeJS.Signals): void {
    this.signal ??= signal;
    this.child?.kill(signal);
  }

  private start(args: string[], cwd: string, env: NodeJS.ProcessEnv, stdio: "pipe" | "inherit"): ChildProcess {
    if (this.signal) throw impossible(`It was ended by ${this.signal}.`);
    this.child = spawn(this.program, args, { cwd, env, stdio, shell: process.platform === "win32" && /\.cmd$/i.test(this.program) });
    return this.child;
  }

  private ended(child: ChildProcess): Promise<number> {
    return new Promise((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(
          impossible(
            `${this.program} cannot be started (${error.code ?? "error"}).`,
            "Install the Pulumi CLI, and see that it is on PATH.",
          ),
        ),
      );
      child.once("close", (code) => {
        this.child = undefined;
        if (this.signal) reject(impossible(`It was ended by ${this.signal}.`));
        else resolve(code ?? 1);
      });
    });
  }
}

/** The end of what a program said, for a sentence. */
export function lastLines(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const said = lines.filter(Boolean).slice(-3).join(" ");
  return redact(said || "it said nothing").replace(/\.?$/, ".");
}
