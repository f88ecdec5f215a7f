/**
 * Does a person watch this run? A provider process has a pipe for its output, so its engine is looked at: the parent's stdout on
 * Linux, the controlling terminal on other systems that have one.
 */
import { closeSync, openSync, readlinkSync } from "node:fs";

const TERMINAL = /^\/dev\/(pts\/|tty|console)/;

/** The questions to the system, so that they can be answered otherwise in tests. */
export interface System {
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  /** Where the parent process writes; throws where that cannot be read. */
  parentStdout: () => string;
  /** Opens the controlling terminal; throws where there is none. */
  openTerminal: () => void;
}
const REAL: System = {
  env: process.env,
  platform: process.platform,
  parentStdout: () => readlinkSync(`/proc/${process.ppid}/fd/1`),
  openTerminal: () => closeSync(openSync("/dev/tty", "r")),
};

/**
 * `PULUMI_EXCHANGE_PROGRESS` decides: `full` or `quiet`. Else a pipeline (`CI` is set) is not watched, and a terminal is.
 * On Windows nobody can tell: a person is assumed.
 */
export function hasWatcher(system: System = REAL): boolean {
  const { env, platform } = system;
  if (env.PULUMI_EXCHANGE_PROGRESS === "full") return true;
  if (env.PULUMI_EXCHANGE_PROGRESS === "quiet" || (env.CI && env.CI !== "false")) return false;
  if (platform === "win32") return true;
  try {
    if (platform === "linux") return TERMINAL.test(system.parentStdout());
    system.openTerminal();
    return true;
  } catch {
    return false;
  }
}
