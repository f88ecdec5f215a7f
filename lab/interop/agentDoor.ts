/**
 * The simulated PowerShell of one host as a program: `powershell.exe` (powershell.ts) in a folder for a PATH, and the
 * socket behind it. A real sshd can then stand in front of a simulated host.
 */
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { AGENT_COMMAND } from "../../provider/remote/command";
import { AgentProcess } from "../doors/agent/process";
import type { Logon } from "../doors/agent/shell";
import type { Host } from "../doors/host";
import { nodeForAll } from "./forAll";

const STDOUT = 1;
const STDERR = 2;
const EXIT = 3;
const CUT = 4;
/** Longest first line of the stand-in: its arguments. */
const MAX_HEADER = 64 * 1024;

interface Header {
  args: string[];
  /** Method of the logon, in sshd's words. */
  logon: string;
}

export class AgentDoor {
  /** The command lines that PowerShell was started with, and how the account had logged on. */
  readonly starts: { command: string; logon: Logon }[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly host: Host,
    /** Folder with `powershell.exe`. */
    readonly folder: string,
  ) {
    this.server = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
  }

  /** Writes `powershell.exe` into `folder`, where every account may run it, and listens behind it. */
  static async open(host: Host, folder: string): Promise<AgentDoor> {
    const door = new AgentDoor(host, folder);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    const socket = join(folder, "agent.sock");
    await new Promise<void>((resolve, reject) => {
      door.server.once("error", reject);
      door.server.listen(socket, resolve);
    });
    chmodSync(socket, 0o666);
    writeStandIn(folder, socket);
    return door;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.sockets.delete(socket));
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\n");
      if (end < 0 && head.length > MAX_HEADER) return void socket.destroy();
      if (end < 0) return;
      socket.off("data", onData);
      this.serve(socket, JSON.parse(head.subarray(0, end).toString("utf8")) as Header, head.subarray(end + 1));
    };
    socket.on("data", onData);
  }

  private serve(socket: Socket, { args, logon }: Header, rest: Buffer): void {
    const command = ["powershell.exe", ...args].join(" ");
    const how: Logon = logon === "publickey" ? "publickey" : "password";
    this.starts.push({ command, logon: how });
    const pipe = {
      write: (text: string) => void socket.write(frame(STDOUT, Buffer.from(text, "utf8"))),
      writeError: (text: string) => void socket.write(frame(STDERR, Buffer.from(text, "utf8"))),
      exit: (code: number) => void socket.end(frame(EXIT, int32(code))),
      disconnect: () => void socket.write(frame(CUT, Buffer.alloc(0))),
    };
    if (command !== AGENT_COMMAND) {
      pipe.writeError("The command line is not the agent's.\r\n");
      return pipe.exit(1);
    }
    const process = new AgentProcess(this.host, pipe, { logon: how });
    socket.on("data", (chunk: Buffer) => process.input(chunk));
    socket.once("end", () => process.endInput());
    socket.once("close", () => process.connectionLost());
    if (rest.length > 0) process.input(rest);
  }
}

function frame(kind: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = kind;
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function writeStandIn(folder: string, socket: string): void {
  const program = join(folder, "powershell.js");
  copyFileSync(join(__dirname, "powershell.js"), program);
  chmodSync(program, 0o644);
  const script = join(folder, "powershell.exe");
  writeFileSync(script, `#!/bin/sh\nexec '${nodeForAll(folder)}' '${program}' '${socket}' "$@"\n`);
  chmodSync(script, 0o755);
}
