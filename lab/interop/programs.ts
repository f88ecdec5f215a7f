/** Real servers as children of this process: found, started on loopback ports, stopped. */
import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { delimiter, join } from "node:path";
import { delay } from "../../provider/base/clock";

/** Servers are seldom on an ordinary account's PATH. */
const SERVER_FOLDERS = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/libexec"];

/** Full path of a program, or undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...SERVER_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(executable);
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A server in the foreground as a child. */
export interface Daemon {
  pid: number;
  /** What it printed so far. */
  output(): string;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
// a run that ends early leaves no server behind
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

const START_MS = 20_000;
const STOP_MS = 5_000;

/** Starts a server; resolves once `port` of the loopback takes connections. Throws with what it printed when it ends before. */
export async function startDaemon(program: string, args: string[], port: number, env?: NodeJS.ProcessEnv): Promise<Daemon> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: env ?? process.env });
  running.add(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-1_000_000)));
  }
  let failed: string | undefined;
  child.once("error", (error) => (failed = error.message));
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.once("exit", (code, signal) => {
    running.delete(child);
    failed ??= `it ended with ${code ?? signal}`;
  });
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await gone;
    clearTimeout(timer);
  };
  for (const end = Date.now() + START_MS; !(await answers(port)); await delay(20)) {
    if (failed === undefined && Date.now() > end) failed = `nothing on port ${port}`;
    if (failed === undefined) continue;
    if (child.pid !== undefined) await stop();
    throw new Error(`${program} did not start: ${failed}\n${output}`);
  }
  return { pid: child.pid!, output: () => output, stop };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const done = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
