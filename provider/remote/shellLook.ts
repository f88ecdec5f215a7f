/** Why an agent did not start: what else the host does. */
import { delay } from "../base/clock";
import { NotReady } from "./agentStart";
import { withDeadline } from "./deadline";
import { SHELL_QUESTION, shellOf, type ShellLook } from "./shellOf";
import type { RemoteProcess, SshConnection } from "./ssh";

/** Limit of the question that tells a host's shell, in milliseconds. */
const LOOK_MS = 5_000;

/** A start that failed without a reason of its own: does the host carry out any command at all? */
export async function explained(ssh: SshConnection, process: RemoteProcess, error: unknown, startMs: number): Promise<unknown> {
  if (!(error instanceof NotReady)) return error;
  const found = error.tell("unknown");
  if (found.code !== "AGENT_PROTOCOL" || !ssh.isOpen) return found;
  return error.tell(await lookAtShell(ssh, process, Math.min(LOOK_MS, startMs)));
}

async function lookAtShell(ssh: SshConnection, before: RemoteProcess, limit: number): Promise<ShellLook> {
  const look = async (): Promise<ShellLook> => {
    // with MaxSessions 1 the first program has to be gone
    await Promise.race([before.ended, delay(limit / 2)]);
    const { stream, ended } = await ssh.exec(SHELL_QUESTION);
    let output = "";
    stream.on("data", (chunk: Buffer) => (output += chunk.toString("latin1")).length);
    stream.on("error", () => undefined);
    await Promise.race([ended, delay(limit)]);
    stream.destroy();
    return shellOf(output);
  };
  return withDeadline(look(), 2 * limit, () => new Error("no answer")).catch(() => "unknown" as const);
}
