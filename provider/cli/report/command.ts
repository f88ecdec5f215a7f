/** `report`: when do which certificates expire, where, and who needs them. Reads only. */
import { writeFile } from "node:fs/promises";
import { InvalidArgumentError, type Command } from "commander";
import { currentTime } from "../../base/clock";
import { ExchangeError } from "../../base/errors";
import { DONE, exitCodeOf, FAILED, type ExitCode } from "../exit";
import { readHosts } from "../hostsFile";
import { print, progressToStderr, say } from "../output";
import { gatherHosts } from "./gather";
import { htmlReport } from "./html";
import { icsReport } from "./ics";
import { buildReport } from "./model";
import { textReport } from "./text";

interface Flags {
  hosts: string;
  html?: string;
  ics?: string;
  json?: boolean;
  now?: Date;
}

const moment = (text: string): Date => {
  const value = new Date(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(value.getTime()))
    throw new InvalidArgumentError("must be a date like 2026-12-01T08:00:00Z.");
  return value;
};

export function addReport(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("report")
    .description("show all certificates of the hosts with their days left; changes nothing")
    .requiredOption("--hosts <file.json>", "the hosts file: server name → connection")
    .option("--html <file>", "write a page with a timeline as well")
    .option("--ics <file>", "write a calendar with reminders 30 and 7 days before each end as well")
    .option("--json", "print JSON instead of the table")
    .option("--now <ISO date>", "count the days from this moment", moment)
    .action(async (flags: Flags) => finish(await report(flags)));
}

async function report(flags: Flags): Promise<ExitCode> {
  progressToStderr();
  const hosts = await readHosts(flags.hosts);
  const { findings, failures, errors } = await gatherHosts(hosts);
  const result = buildReport(findings, failures, flags.now ?? currentTime());
  if (flags.json) print(JSON.stringify(result, null, 2));
  else for (const line of textReport(result, process.stdout.isTTY === true && !process.env.NO_COLOR)) print(line);
  if (flags.html !== undefined) await write(flags.html, htmlReport(result));
  if (flags.ics !== undefined) await write(flags.ics, icsReport(result));
  if (errors.length === 0) return DONE;
  return errors.some((error) => exitCodeOf(error) === FAILED) ? FAILED : exitCodeOf(errors[0]);
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new ExchangeError("INVALID_ARGUMENT", `${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? "error"}).`);
  }
  say(`wrote ${file}`);
}
