/** Command line of the demo. */
import { Command, Option } from "commander";

export interface Options {
  /** The last line of standard output is one line of JSON. */
  json: boolean;
  /** Regenerate the marked sections of the README files from this run. */
  writeReadme: boolean;
  /** `outage`: the Edges were renewed by hand, and mail stands still. */
  story: "rotation" | "outage";
}

export function readOptions(argv: readonly string[]): Options {
  const command = new Command("npm run demo --")
    .description("Rotates the certificate of two simulated Edge Transport servers with the real Pulumi engine.")
    .option("--json", "print the figures as one line of JSON at the end", false)
    .option("--write-readme", "write what this run showed into the marked sections of the README files", false)
    .addOption(new Option("--story <name>", "which story to tell").choices(["rotation", "outage"]).default("rotation"))
    .parse(argv, { from: "user" });
  return command.opts<Options>();
}
