/** `conformance`: what a real organisation does at the points that the lab had to assume. */
import { InvalidArgumentError, type Command } from "commander";
import { ExchangeError } from "../../base/errors";
import { DONE, FAILED, SIGNALS, type ExitCode } from "../exit";
import { readHosts } from "../hostsFile";
import { print, progressToStderr, refuseUnwritable, say, writeResult } from "../output";
import { anonymised } from "./anonymise";
import { askOnEdge } from "./edge/run";
import { conformanceOf, type Conformance } from "./file";
import { lookAround } from "./looks";
import { askByReading } from "./read";
import { enter } from "./servers";
import { textConformance } from "./text";

interface Flags {
  hosts: string;
  output: string;
  anonymise?: boolean;
  edge?: string;
  mayChangeIt?: boolean;
  organisation?: string;
  patience: number;
}

/** Transport may take 5 minutes until it takes a changed connector (exchange.md 15.3). */
const PATIENCE_SECONDS = 360;

const seconds = (text: string): number => {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= 3600) return value;
  throw new InvalidArgumentError("must be a number of seconds, at most 3600.");
};

export function addConformance(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("conformance")
    .description("ask a lab of Exchange servers what they do at the points that the simulated one assumes; only reads without --edge")
    .requiredOption("--hosts <file.json>", "the hosts file: server name → connection; name the Edges and a Mailbox server of their site")
    .option("-o, --output <file.json>", "the file to write", "conformance.json")
    .option("--anonymise", "replace the names of the hosts in the file")
    .option("--edge <name>", "a throw-away Edge on which the points of the class `this Edge` are asked; needs --may-change-it")
    .option("--may-change-it", "certificates, connectors and services of that Edge may be changed; each question has a way back")
    .option("--organisation <name>", "ask the points of the class `the organisation`, too: its name, typed out; needs --edge")
    .option("--patience <seconds>", "how long a change on that Edge may take to be noticed", seconds, PATIENCE_SECONDS)
    .addHelpText(
      "after",
      "\nEnds with 0, with 1 when a host or a question failed or something could not be put back, with 2 when no host could be entered.",
    )
    .action(async (flags: Flags) => finish(await conformance(flags)));
}

async function conformance(flags: Flags): Promise<ExitCode> {
  progressToStderr();
  if ((flags.edge === undefined) !== (flags.mayChangeIt !== true))
    throw new ExchangeError(
      "INVALID_ARGUMENT",
      "--edge and --may-change-it go together: nothing is changed on an Edge that was not given up.",
    );
  if (flags.organisation !== undefined && flags.edge === undefined)
    throw new ExchangeError("INVALID_ARGUMENT", "--organisation needs --edge: its points are asked with a throw-away Edge.");
  const controller = new AbortController();
  const stop = (): void => controller.abort(new ExchangeError("OUTCOME_UNKNOWN", "Stopped by a signal."));
  for (const signal of SIGNALS) process.once(signal, stop);
  try {
    return await asked(flags, controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

async function asked(flags: Flags, signal: AbortSignal): Promise<ExitCode> {
  await refuseUnwritable(flags.output);
  const hosts = await readHosts(flags.hosts);
  const lookout = await enter(hosts);
  const notElevated = lookout.closed.every(({ error }) => error.code === "NOT_ELEVATED");
  if (lookout.servers.length === 0 && !notElevated) throw lookout.closed[0].error;
  const observations = await askByReading(lookout);
  const looks = await lookAround(lookout);
  const edge =
    flags.edge === undefined ? null : { edge: flags.edge, organisation: flags.organisation, patienceMs: flags.patience * 1000, signal };
  const { owed } = edge && !signal.aborted ? await askOnEdge(lookout, observations, edge) : { owed: [] };
  const found = conformanceOf(lookout, observations, looks, new Date());
  const told = flags.anonymise ? anonymised(found, hosts, lookout) : found;
  await writeResult(flags.output, `${JSON.stringify(told, null, 2)}\n`);
  for (const line of textConformance(found, process.stdout.isTTY === true && !process.env.NO_COLOR)) print(line);
  for (const line of owed) say(`not put back on ${flags.edge}: ${line}`);
  if (owed.length > 0) say("Run the same command again: it begins with what is not put back.");
  if (signal.aborted) say("Stopped by a signal: what was changed is put back, and what was not asked is `not asked`.");
  return owed.length > 0 || signal.aborted || failedAnywhere(found) ? FAILED : DONE;
}

const failedAnywhere = ({ closed, points }: Conformance): boolean =>
  closed.some(({ code }) => code !== "NOT_ELEVATED") ||
  Object.values(points).some(({ observations }) => observations.some((one) => one.failed === true));
