/** `rehearse`: its options. What it does lies in run.ts, which is loaded when it is asked for: it needs the lab and Pulumi's SDK. */
import { InvalidArgumentError, type Command } from "commander";
import type { ExitCode } from "../exit";
import { breakPoint } from "./breakAt";
import type { Flags } from "./flags";
import type * as run from "./run";

const SPEED = 60;

const speed = (text: string): number => {
  const value = Number(text);
  if (value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError("must be a number from 1 (real latencies) to 1000.");
};

const planFileName = (text: string): string => {
  if (/\.(md|html)$/i.test(text)) return text;
  throw new InvalidArgumentError("must end in .md or .html.");
};

export function addRehearse(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("rehearse")
    .description("run your own program, with a copy of its state, against a copy of the organisation in the lab; no real server is changed")
    .option("--scenario <file.json>", "the copy: a file that `snapshot` wrote; no real server is connected to")
    .option("--hosts <file.json>", "the hosts file; without --scenario the servers are read first, as `snapshot` does")
    .option("--speed <number>", "how much faster than real the latencies are", speed, SPEED)
    .option("--break-at <server/step>", "stop the run there, show what is owed, and let the next run finish it", breakPoint)
    .option("--report <file>", "write a change plan: .md (with its picture beside it) or .html", planFileName)
    .argument("<command...>", "the command to rehearse, behind `--`: `pulumi up --yes`")
    .passThroughOptions()
    .addHelpText(
      "after",
      "\nEnds with 0 when the run did what it declares, with 1 when it would fail, with 2 when it could not be rehearsed.",
    )
    .action(async (command: string[], flags: Flags) => finish(await (require("./run") as typeof run).rehearse(command, flags)));
}
