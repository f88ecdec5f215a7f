/** Whether this machine has the engine that some tests run on. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const PROGRAM = process.platform === "win32" ? "pulumi.exe" : "pulumi";

/** Why there is no Pulumi CLI, and what to install; undefined when there is one on PATH. */
export function cliMissing(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  if (folders.some((folder) => isExecutable(join(folder, PROGRAM)))) return undefined;
  return env.PULUMI_EXCHANGE_NO_CLI ?? "no Pulumi CLI on PATH: `npm run setup` gets one, pulumi.com/docs/install says how by hand";
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
