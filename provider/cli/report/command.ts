/** `report`: when do which certificates expire, where, and who needs them. Reads only. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { currentTime } from "../../base/clock";
import { parseLimit, THRESHOLDS, type Limit } from "../../exchange/lifetimes";
import { DONE, DUE, exitCodeOf, FAILED, type ExitCode } from "../exit";
import { readHosts } from "../hostsFile";
import { reportItems } from "../notify/items";
import { addNotify, notify, type NotifyFlags } from "../notify/notify";
import { print, progressToStderr, refuseUnwritable, say, writeResult } from "../output";
import { gatherHosts } from "./gather";
import { htmlReport } from "./html";
import { icsReport } from "./ics";
import { ignoredThumbprints } from "./ignored";
import { buildReport } from "./model";
import { textReport } from "./text";
import { moment } from "../options";

interface Flags extends NotifyFlags {
  html?: string;
  ics?: string;
  json?: boolean;
  now?: Date;
  red: Limit;
  yellow: Limit;
  failUnder?: Limit;
  ignore: string[];
  ignoreFile?: string;
}

const limit = (text: string): Limit => {
  const value = parseLimit(text);
  if (value) return value;
  throw new InvalidArgumentError("must be days (30), a share of the life (1/6 or 15%), or both (30,1/6: the smaller counts).");
};
const limited = (flags: string, words: string, byDefault: Limit, printed: string): Option =>
  new Option(flags, words).argParser(limit).default(byDefault, printed);
const another = (text: string, before: string[]): string[] => [...before, text];

export function addReport(program: Command, finish: (code: ExitCode) => void): void {
  const command = program
    .command("report")
    .description("show all certificates of the hosts with their days left; changes nothing")
    .requiredOption("--hosts <file.json>", "the hosts file: server name → connection")
    .option("--html <file>", "write a page with a timeline as well")
    .option("--ics <file>", "write a calendar with reminders 30 and 7 days (or a third and a sixth of the life) before each end as well")
    .option("--json", "print JSON instead of the table")
    .option("--now <ISO date>", "count the days from this moment", moment)
    .addOption(
      limited("--red <limit>", "less left is red: days, a share of the life, or both (the smaller counts)", THRESHOLDS.red, "30,1/6"),
    )
    .addOption(limited("--yellow <limit>", "less left is yellow", THRESHOLDS.yellow, "60,1/3"))
    .option("--fail-under <limit>", "end with 3 when a certificate in use has less left", limit)
    .addOption(
      new Option("--ignore <thumbprint>", "a certificate that shall not alarm (may be repeated)").argParser(another).default([], "none"),
    )
    .option("--ignore-file <file>", "the same from a file: a thumbprint a line, # begins a comment")
    .addHelpText(
      "after",
      "\nEnds with 0, with 3 when something is due (--fail-under); else with 2 when a host cannot be entered, with 1 when it could not be read.",
    )
    .action(async (flags: Flags) => finish(await report(flags)));
  addNotify(command);
}

async function report(flags: Flags): Promise<ExitCode> {
  progressToStderr();
  await refuseUnwritable(flags.html, flags.ics);
  const hosts = await readHosts(flags.hosts);
  const ignored = await ignoredThumbprints(flags.ignore, flags.ignoreFile);
  const { findings, failures, errors } = await gatherHosts(hosts);
  const judging = { thresholds: { red: flags.red, yellow: flags.yellow }, ignored, failUnder: flags.failUnder ?? null };
  const result = buildReport(findings, failures, flags.now ?? currentTime(), judging);
  for (const one of ignored) if (!result.rows.some((row) => row.thumbprint === one)) say(`--ignore ${one}: no host has this certificate`);
  if (flags.json) print(JSON.stringify(result, null, 2));
  else for (const line of textReport(result, process.stdout.isTTY === true && !process.env.NO_COLOR)) print(line);
  if (flags.html !== undefined) await writeResult(flags.html, htmlReport(result));
  if (flags.ics !== undefined) await writeResult(flags.ics, icsReport(result));
  const told = await notify("report", reportItems(result), new Date(result.now), flags);
  if (result.rows.some((row) => row.due)) return DUE;
  if (errors.length === 0) return told ? DONE : FAILED;
  return errors.some((error) => exitCodeOf(error) === FAILED) ? FAILED : exitCodeOf(errors[0]);
}
