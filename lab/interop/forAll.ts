/** Programs for accounts that are not ours. */
import { execFileSync } from "node:child_process";
import { accessSync, chmodSync, constants, copyFileSync, existsSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A Node that every account may run: this process's, or a copy where that lies in a private folder. */
export function nodeForAll(folder: string): string {
  if (openToAll(process.execPath)) return process.execPath;
  const copy = join(dirname(folder), "node");
  try {
    accessSync(copy, constants.X_OK);
  } catch {
    copyFileSync(process.execPath, copy, constants.COPYFILE_FICLONE);
    chmodSync(copy, 0o755);
  }
  return copy;
}

/** Whether every account may look at `path`. */
export function openToAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (dirname(at) === at) return true;
  }
}

/** A program with the folder that it lies in, where every account may run it: itself, or a copy (links to the same bytes where that works). */
export function programForAll(program: string, folder: string): string {
  if (openToAll(program)) return program;
  const copy = join(folder, basename(dirname(program)));
  if (!existsSync(copy)) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    try {
      execFileSync("cp", ["-al", dirname(program), copy], { stdio: "ignore" });
    } catch {
      execFileSync("cp", ["-a", "--reflink=auto", dirname(program), copy], { stdio: "ignore" });
    }
  }
  return join(copy, basename(program));
}
