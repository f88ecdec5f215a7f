/**
 * A `powershell.exe` for a machine that is no Windows: hands its arguments, stdin and stdout to the lab's agent behind a
 * local socket (agentDoor.ts). It imports nothing of this package, because it is copied to where any account may run it.
 * Arguments: the socket's path, then what PowerShell was started with.
 */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";

const STDOUT = 1;
const STDERR = 2;
const EXIT = 3;
const CUT = 4;

/** How the account logged on, as sshd's `ExposeAuthInfo` says it. */
function logon(): string {
  const file = process.env.SSH_USER_AUTH;
  const text = file === undefined ? "" : readFileSync(file, "utf8");
  return text.split(/\s/, 1)[0] ?? "";
}

/** Ends the sshd that serves this session, as a pulled cable would. */
function cutConnection(): void {
  for (let pid = process.ppid; pid > 1;) {
    const [, name, parent] = /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    if (name?.startsWith("sshd")) return void process.kill(pid, "SIGKILL");
    pid = Number(parent ?? 0);
  }
}

function leave(socket: Socket, code: number): void {
  process.exitCode = code;
  socket.destroy();
  process.stdin.destroy();
}

/** Kind, length, payload: complete frames are acted upon, the rest is kept. */
function reader(socket: Socket): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  const act = (kind: number, payload: Buffer): void => {
    if (kind === STDOUT) process.stdout.write(payload);
    if (kind === STDERR) process.stderr.write(payload);
    if (kind === EXIT) leave(socket, payload.readInt32BE());
    if (kind === CUT) cutConnection();
  };
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1);
      act(rest[0], rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  };
}

function main([path, ...args]: string[]): void {
  const socket = connect({ path: path });
  socket.on("data", reader(socket));
  socket.once("error", (error) => {
    process.stderr.write(`the lab does not answer: ${error.message}\n`);
    leave(socket, 1);
  });
  socket.once("close", () => leave(socket, Number(process.exitCode ?? 1)));
  // nobody listens any more: the lab sees the socket close
  process.stdout.on("error", () => leave(socket, 1));
  socket.write(`${JSON.stringify({ args, logon: logon() })}\n`);
  process.stdin.pipe(socket);
}

main(process.argv.slice(2));
