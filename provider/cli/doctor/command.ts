/** `doctor`: symptom → cause → remedy. Reads only. */
import type { Command } from "commander";
import { currentTime } from "../../base/clock";
import { asExchangeError } from "../../base/errors";
import { inWords, type ExitCode } from "../exit";
import { readHosts, type Hosts } from "../hostsFile";
import { doctorItems } from "../notify/items";
import { addNotify, notify, type NotifyFlags } from "../notify/notify";
import { print, progressToStderr, say } from "../output";
import { examine, exitCodeOfDiagnosis } from "./report";
import { textDiagnosis } from "./text";
import { DEFAULT_HOURS, hours, moment } from "../options";

interface Flags extends NotifyFlags {
  json?: boolean;
  hours: number;
  now?: Date;
}

export function addDoctor(program: Command, finish: (code: ExitCode) => void): void {
  const command = program
    .command("doctor")
    .description("find out what is wrong with certificates, mail flow and EdgeSync of the hosts, and what to do; changes nothing")
    .requiredOption("--hosts <file.json>", "the hosts file: server name → connection; name the Edges and a Mailbox server of their site")
    .option("--json", "print JSON instead of text")
    .option("--hours <number>", "how far back the event logs are read", hours, DEFAULT_HOURS)
    .option("--now <ISO date>", "judge certificates by this moment instead of each server's clock", moment)
    .addHelpText("after", "\nEnds with 0 when healthy, 1 with findings, 2 when a host could not be looked at.")
    .action(async (flags: Flags) => finish(await doctor(flags)));
  addNotify(command);
}

async function doctor(flags: Flags): Promise<ExitCode> {
  progressToStderr();
  let hosts: Hosts;
  try {
    hosts = await readHosts(flags.hosts);
  } catch (error) {
    say(inWords(asExchangeError(error)));
    return 2;
  }
  const diagnosis = await examine(hosts, flags);
  if (flags.json) print(JSON.stringify(diagnosis, null, 2));
  else for (const line of textDiagnosis(diagnosis, process.stdout.isTTY === true && !process.env.NO_COLOR)) print(line);
  const told = await notify("doctor", doctorItems(diagnosis), currentTime(), flags);
  return told ? exitCodeOfDiagnosis(diagnosis) : 2;
}
