/** The end that no program can prepare for: the engine and what it started are killed. Linux only (/proc). */
import { readdirSync, readFileSync } from "node:fs";

/** Whether processes can be found here. */
export const CAN_KILL = process.platform === "linux";

interface Process {
  pid: number;
  parent: number;
  name: string;
}

/** Kills every `pulumi` that this process started. Gives their children, which live on: orphaned provider processes. */
export function killEngine(): { killed: number; orphans: number[] } {
  const all = processes();
  const engines = all.filter(({ parent, name }) => parent === process.pid && name === "pulumi");
  for (const { pid } of engines) process.kill(pid, "SIGKILL");
  return { killed: engines.length, orphans: engines.flatMap((engine) => descendants(engine, all)).map(({ pid }) => pid) };
}

/** Whether a process is still there. */
export function isAlive(pid: number): boolean {
  return processes().some((one) => one.pid === pid);
}

function descendants(of: Process, all: Process[]): Process[] {
  return all.filter(({ parent }) => parent === of.pid).flatMap((child) => [child, ...descendants(child, all)]);
}

function processes(): Process[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
        const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        return [{ pid: Number(entry), parent, name }];
      } catch {
        return []; // it has ended meanwhile
      }
    });
}
