/** The end that no program can prepare for: the engine and what it started are killed. Linux only (/proc). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Whether processes can be found here. */
export const CAN_KILL = process.platform === "linux";

interface Process {
  pid: number;
  parent: number;
  name: string;
}

/**
 * Kills every `pulumi` that this process started, or only those that work in a folder. Gives their children, which live on:
 * orphaned provider processes.
 */
export function killEngine(folder?: string): { killed: number; orphans: number[] } {
  const all = processes();
  const here = ({ pid }: Process): boolean => folder === undefined || readlinkSync(`/proc/${pid}/cwd`) === folder;
  const engines = all.filter((one) => one.parent === process.pid && one.name === "pulumi" && here(one));
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

/** Provider processes of the engines that this process started. */
export function providerProcesses(): number[] {
  const all = processes();
  const engines = all.filter((one) => one.parent === process.pid && one.name === "pulumi");
  const below = engines.flatMap((engine) => descendants(engine, all)).map(({ pid }) => pid);
  return below.filter((pid) => /dynamic-provider/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8")));
}
