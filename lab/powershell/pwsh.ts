/** Where PowerShell is on this machine. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../interop/programs";

/** Laid by hand or by a build machine; searched before the PATH. */
const CACHE = join(homedir(), ".cache", "pulumi-exchange");

/** PowerShell 7 for this system: the one in the cache, else `pwsh` of the PATH; undefined where there is none. */
export function findPwsh(): string | undefined {
  const laid = join(CACHE, "pwsh", "pwsh");
  return existsSync(laid) ? laid : findProgram("pwsh");
}

/** Folder of PowerShell 7 for Windows, to be run by Wine; undefined where it is not laid. */
export function findPwshForWindows(): string | undefined {
  const folder = join(CACHE, "pwsh-windows");
  return existsSync(join(folder, "powershell.exe")) ? folder : undefined;
}

/** Wine's loader; undefined where it is not installed. */
export function findWine(): string | undefined {
  const debian = "/usr/lib/wine/wine64";
  return existsSync(debian) ? debian : (findProgram("wine64") ?? findProgram("wine"));
}
