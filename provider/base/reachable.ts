/**
 * Whether Pulumi's provider process will find this package. It looks from the project's folder, so a package that wraps ours, or a second
 * copy of another version, shows there as `Cannot find module 'pulumi-exchange/runtime'` or as an old behaviour: said here instead, when
 * the first resource is constructed. What is serialised into the state does not change.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { ExchangeError } from "./errors";

/** How Pulumi starts a program of its own; a program inside another one (Automation API) has a project folder that is not its own. */
const PROGRAM = /@pulumi[\\/]pulumi[\\/]cmd[\\/]run(-policy-pack)?([\\/]|$)/;

let looked = false;

/** Looks once a process. @throws RUNTIME_MISSING, RUNTIME_DIFFERS */
export function refuseUnreachable(argv: readonly string[] = process.argv): void {
  if (looked || !PROGRAM.test(argv[1] ?? "")) return;
  looked = true;
  lookFrom(process.cwd(), versionAbove(__dirname));
}

/** @throws RUNTIME_MISSING, RUNTIME_DIFFERS */
export function lookFrom(folder: string, own: string): void {
  let runtime: string;
  try {
    runtime = createRequire(join(folder, "index.js")).resolve("pulumi-exchange/runtime");
  } catch {
    const sentence = `pulumi-exchange cannot be loaded from ${folder}, where Pulumi's provider process looks for it: it is installed for another package only.`;
    throw new ExchangeError("RUNTIME_MISSING", sentence);
  }
  const found = versionAbove(dirname(runtime));
  if (found === own) return;
  const sentence = `The program uses pulumi-exchange ${own}, and ${folder} has ${found}, which Pulumi's provider process would run.`;
  throw new ExchangeError("RUNTIME_DIFFERS", sentence);
}

function versionAbove(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, "package.json");
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
      if (name === "pulumi-exchange") return version ?? "an unknown version";
    }
    if (dirname(at) === at) return "an unknown version";
  }
}
