/** Folders for servers that run under another account. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new folder in which every account may look; short, because sockets lie in it. */
export function openFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pxi-"));
  chmodSync(folder, 0o755);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}
