/** A run that ends in the middle, on purpose: what it leaves behind, and how it is finished. Only in a rehearsal. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { LEASE_SECONDS } from "../../rotation/lease";
import { ORDER } from "../../rotation/order";

/** Where a run is to end: right after a step's change, before the records say that it was made. */
export interface BreakPoint {
  host: string;
  step: string;
}

export function breakPoint(text: string): BreakPoint {
  const [, host = "", step = ""] = /^([\w-]+)\/([\w-]+)$/.exec(text) ?? [];
  const steps: string[] = ORDER.map(({ id }) => id);
  if (host !== "" && steps.includes(step)) return { host: host.toUpperCase(), step };
  throw new InvalidArgumentError(`must be a server and a step, EDGE01/enable for example; the steps are ${steps.join(", ")}.`);
}

/** Ends the provider's process there, as a machine that loses its power does. */
export function stopsAt({ host, step }: BreakPoint): { [name: string]: string } {
  return { PULUMI_EXCHANGE_FAILPOINT: `${host}/${step}.after-cmdlet=kill` };
}

/** Until another run may take over what a run that is no more held, with a second to spare (docs/recovery.md). */
export const LEASE_MS = (LEASE_SECONDS + 1) * 1000;

/** What `resume` says of an Edge: what is open, what it owes, what it would do. It is not told to do it. */
export function owedBy(edge: string, hosts: string): Promise<string> {
  const child = spawn(process.execPath, [join(__dirname, "..", "main.js"), "resume", edge, "--hosts", hosts], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.resume();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve(said.trimEnd()));
  });
}
