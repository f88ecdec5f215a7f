/** Processes of this machine by their ids. */
import { readFileSync } from "node:fs";

/** Ends a process at once; nothing where it has ended. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone already
  }
}

/** Whether a process runs (one that ended and waits for its parent does not). */
export function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Ends the sshd that serves a process's session, as a pulled cable would; false where no sshd is above it. */
export function cutConnection(pid: number): boolean {
  for (let at = pid; at > 1;) {
    let stat: string;
    try {
      stat = readFileSync(`/proc/${at}/stat`, "utf8");
    } catch {
      return false;
    }
    const [, name, parent] = /\((.*)\) \S (\d+)/.exec(stat) ?? [];
    if (name?.startsWith("sshd")) {
      kill(at);
      return true;
    }
    at = Number(parent ?? 0);
  }
  return false;
}
