/** Processor time of this process and of the processes that it began and saw end, where the system tells of those (Linux). */
import { readFileSync } from "node:fs";

/** The kernel counts in hundredths of a second, whatever its own clock does. */
const TICKS_PER_SECOND = 100;

/** Seconds so far. A process whose parent did not wait for it is not among them. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + ofChildren();
}

function ofChildren(): number {
  try {
    // The name in parentheses may hold blanks; `cutime` and `cstime` are fields 16 and 17, the first one behind it is field 3.
    const stat = readFileSync("/proc/self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}
