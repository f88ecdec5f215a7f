/** Where the agent's script comes from: provider/remote/agent.ps1 below the package's root. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ExchangeError } from "../base/errors";

let cached: string | undefined;

/** The text of agent.ps1, without a byte order mark. */
export function agentScript(): string {
  cached ??= readFileSync(join(packageRoot(__dirname), "provider", "remote", "agent.ps1"), "utf8").replace(/^\uFEFF/, "");
  return cached;
}

/** Takes another script (tests, a second agent); without an argument the package's again. */
export function useAgentScript(text?: string): void {
  cached = text;
}

/** The folder of the package.json named pulumi-exchange at or above `folder`. */
export function packageRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, "package.json");
    if (existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { name?: string }).name === "pulumi-exchange") return at;
    if (dirname(at) === at) throw new ExchangeError("INTERNAL", `No package.json of pulumi-exchange above ${folder}.`);
  }
}
