/** `conformance`: what a real organisation does at the points that the lab had to assume. */
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { ExchangeError } from "../../base/errors";
import { DONE, FAILED, type ExitCode } from "../exit";
import { readHosts } from "../hostsFile";
import { print, progressToStderr, say } from "../output";
import { anonymised } from "./anonymise";
import { conformanceOf, type Conformance } from "./file";
import { lookAround } from "./looks";
import { askByReading } from "./read";
import { enter } from "./servers";
import { textConformance } from "./text";

interface Flags {
  hosts: string;
  output: string;
  anonymise?: boolean;
}

export function addConformance(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("conformance")
    .description("ask a lab of Exchange servers how they behave at the points that are open in docs/lab.md; only reads")
    .requiredOption("--hosts <file.json>", "the hosts file: server name → connection; name the Edges and a Mailbox server of their site")
    .option("-o, --output <file.json>", "the file to write", "conformance.json")
    .option("--anonymise", "replace the names of the hosts in the file")
    .addHelpText("after", "\nEnds with 0, with 1 when a host or a question failed, with 2 when no host could be entered.")
    .action(async (flags: Flags) => finish(await conformance(flags)));
}

async function conformance(flags: Flags): Promise<ExitCode> {
  progressToStderr();
  const hosts = await readHosts(flags.hosts);
  const lookout = await enter(hosts);
  const notElevated = lookout.closed.every(({ error }) => error.code === "NOT_ELEVATED");
  if (lookout.servers.length === 0 && !notElevated) throw lookout.closed[0].error;
  const observations = await askByReading(lookout);
  const looks = await lookAround(lookout);
  const found = conformanceOf(lookout, observations, looks, new Date());
  await write(flags.output, flags.anonymise ? anonymised(found, hosts, lookout) : found);
  for (const line of textConformance(found, process.stdout.isTTY === true && !process.env.NO_COLOR)) print(line);
  return failedAnywhere(found) ? FAILED : DONE;
}

const failedAnywhere = ({ closed, points }: Conformance): boolean =>
  closed.some(({ code }) => code !== "NOT_ELEVATED") ||
  Object.values(points).some(({ observations }) => observations.some((one) => one.failed === true));

async function write(file: string, found: Conformance): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(found, null, 2)}\n`);
  } catch (error) {
    throw new ExchangeError("INVALID_ARGUMENT", `${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  }
  say(`wrote ${file}`);
}
