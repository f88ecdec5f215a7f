/** `snapshot`: a live organisation as a scenario file of the lab. Reads only. */
import type { Command } from "commander";
import { anonymised } from "../../../lab/anonymise";
import { plural } from "../../base/text";
import type { ExitCode } from "../exit";
import { DONE, FAILED } from "../exit";
import { readHosts } from "../hostsFile";
import { DEFAULT_HOURS, hours } from "../options";
import { print, progressToStderr, refuseUnwritable, writeResult } from "../output";
import { missingIn, takeSnapshot, type Snapshot } from "./take";

interface Flags {
  hosts: string;
  output: string;
  hours: number;
  anonymise?: boolean;
}

export function addSnapshot(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("snapshot")
    .description("read the live organisation into a scenario file of the lab; changes nothing, and reads no key and no secret")
    .requiredOption(
      "--hosts <file.json>",
      "the hosts file: server name → connection; name the Edges and the Mailbox servers of their sites",
    )
    .requiredOption("-o, --output <file.json>", "the scenario file to write")
    .option("--hours <number>", "how far back the event logs are read", hours, DEFAULT_HOURS)
    .option("--anonymise", "write made-up names, thumbprints and keys, for a bug report; real state does not fit such a copy")
    .addHelpText(
      "after",
      "\nEnds with 0, with 1 when something could not be read (it is listed), with 2 when no Mailbox server could be entered.",
    )
    .action(async (flags: Flags) => finish(await snapshot(flags)));
}

async function snapshot(flags: Flags): Promise<ExitCode> {
  progressToStderr();
  await refuseUnwritable(flags.output);
  const hosts = await readHosts(flags.hosts);
  const read = await takeSnapshot(hosts, flags.hours);
  const taken = flags.anonymise ? await anonymised(read) : read;
  await writeResult(flags.output, `${JSON.stringify(taken, null, 2)}\n`, { mode: 0o600 });
  for (const line of told(taken, flags.output)) print(line);
  return missingIn(taken).length > 0 ? FAILED : DONE;
}

/** What the file holds, and what it does not. */
export function told({ copy, servers }: Snapshot, file: string): string[] {
  const records = Object.values(copy.servers).flatMap(({ files }) => files).length;
  const parts = [
    plural(servers.length, "server"),
    plural(Object.keys(copy.certificates).length, "certificate"),
    plural(copy.sendConnectors.length, "send connector"),
    plural(copy.edges.length, "subscription"),
    plural(records, "record"),
  ];
  return [
    `${file}: ${parts.join(", ")}. No key and no secret is in it.`,
    ...copy.unread.map(({ host, what, why }) => `not read: ${host}: ${what}: ${why}`),
    ...(copy.anonymised
      ? ["Names, thumbprints and keys are made up: real state does not fit this copy, so it cannot be rehearsed with."]
      : []),
    `Start it with \`npx pulumi-exchange lab --scenario ${file}\`.`,
  ];
}
