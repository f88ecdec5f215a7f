/** The lab as a child process, through its public interface only: a line of JSON, then HTTP. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { HistoryEntry } from "../../lab/doors/history";
import type { ConnectionRecord } from "../../lab/doors/ssh/server";
import type { IssuedCertificate } from "../../lab/issued";
import type { DeliveredMail } from "../../lab/open";
import type { Ready } from "../../lab/start";

const START_DEADLINE_MS = 60_000;
const END_DEADLINE_MS = 5_000;

/** The parts of `GET /state` that the demo looks at. */
export interface LabState {
  servers: {
    name: string;
    role: string;
    certificates: { thumbprint: string }[];
    defaultThumbprint: string | null;
    services: { [name: string]: string };
  }[];
  sendConnectors: { Name: string; TlsCertificateName?: string | null }[];
  subscriptions: { Name: string; certificateThumbprint: string | null }[];
  queues: { [server: string]: { LastError: string; MessageCount: number }[] };
  mail: { sent: number; delivered: number; queued: number; lost: number };
}

export class LabProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly ready: Ready,
  ) {}

  /** Starts `dist/lab/cli.js` and waits for its ready line. It ends by itself when this process is gone. */
  static async start(program: string, scenario: string): Promise<LabProcess> {
    const args = [program, "--scenario", scenario, "--until-stdin-closes"];
    // A group of its own: Ctrl-C must not take the servers away while Pulumi is still being stopped.
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"], detached: process.platform !== "win32" });
    const said: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => void said.push(line));
    try {
      return new LabProcess(child, await readyLine(child));
    } catch (error) {
      child.kill("SIGKILL");
      throw new Error([`The lab did not start: ${(error as Error).message}`, ...said.slice(-8)].join("\n  "), { cause: error });
    }
  }

  state = (): Promise<LabState> => this.ask("GET", "/state") as Promise<LabState>;
  history = (): Promise<HistoryEntry[]> => this.ask("GET", "/history") as Promise<HistoryEntry[]>;
  connections = (): Promise<ConnectionRecord[]> => this.ask("GET", "/connections") as Promise<ConnectionRecord[]>;
  deliveries = (): Promise<DeliveredMail[]> => this.ask("GET", "/deliveries") as Promise<DeliveredMail[]>;
  certificates = (): Promise<IssuedCertificate[]> => this.ask("GET", "/certificates") as Promise<IssuedCertificate[]>;

  /** What a person types on a server meanwhile. */
  operator(host: string, cmdlet: string, parameters: object): Promise<unknown> {
    return this.ask("POST", "/operator", { host, cmdlet, parameters });
  }

  /** Closes its standard input, and kills it when that is not enough. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.stdin?.end();
    const timer = setTimeout(() => this.child.kill("SIGKILL"), END_DEADLINE_MS);
    await ended;
    clearTimeout(timer);
  }

  private async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.ready.control + path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const answer = (await response.json()) as { error?: string };
    if (!response.ok) throw new Error(`The lab refused ${method} ${path}: ${answer.error ?? response.statusText}`);
    return answer;
  }
}

async function readyLine(child: ChildProcess): Promise<Ready> {
  const lines = createInterface({ input: child.stdout! });
  const deadline = AbortSignal.timeout(START_DEADLINE_MS);
  const first = once(lines, "line", { signal: deadline }) as Promise<[string]>;
  const failed = once(child, "exit", { signal: deadline }).then(([code]) => {
    throw new Error(`it ended with code ${String(code)}`);
  });
  const [line] = await Promise.race([first, failed]);
  failed.catch(() => undefined);
  first.catch(() => undefined);
  return JSON.parse(line) as Ready;
}
