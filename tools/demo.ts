/**
 * `npm run demo`: the real Pulumi engine rotates the certificate of two Edge Transport servers in a simulated Exchange
 * organisation, while mail keeps coming in. What happens, and what has to be true after each step, is in demo/story.ts.
 */
import { join } from "node:path";
import { LabProcess } from "./demo/lab";
import { endMail, MAILS_PER_SECOND, startMail } from "./demo/mail";
import { type Options, readOptions } from "./demo/options";
import { OutageTeller } from "./demo/outage";
import { type Outage, outageEnding } from "./demo/outageWords";
import { writeReadmes, writeStory } from "./demo/readme";
import { makeReport } from "./demo/report";
import { ending, introduction } from "./demo/show";
import { Storyteller, thumbprintsOf } from "./demo/story";
import { abortOnSignals, temporaryFolder } from "./demo/temp";
import type { Stage } from "./demo/steps";
import type { Say } from "./demo/text";
import type { Report } from "./demo/types";
import { findPulumi, openWorkspace, ROOT, type Workspace } from "./demo/workspace";

const SCENARIO = "contoso";
/** The whole demo; an idle machine needs a fraction of it. */
const DEADLINE_MS = 15 * 60_000;

type Opened = Stage & Workspace & { folder: string; pulumi: string };

/** A lab and a stack of the quickstart, for as long as the work takes. */
async function onStage<T>(signal: AbortSignal, say: Say, work: (opened: Opened) => Promise<T>): Promise<T> {
  const command = await findPulumi();
  const folder = temporaryFolder();
  say("Starting the lab, a simulated Exchange organisation …");
  const lab = await LabProcess.start(join(ROOT, "dist", "lab", "cli.js"), SCENARIO);
  try {
    signal.throwIfAborted();
    const workspace = await openWorkspace(folder, command, lab.ready.hosts, await lab.certificates());
    const pulumi = String(command.version);
    for (const line of introduction(lab.ready, pulumi)) say(line);
    return await work({ ...workspace, lab, say, signal, folder, pulumi });
  } finally {
    await lab.stop();
  }
}

/** Renewed by hand, and mended: what has to be true is in demo/outage.ts. */
function outage(options: Options, signal: AbortSignal, say: Say): Promise<Outage & { ok: boolean; pulumi: string }> {
  return onStage(signal, say, async ({ folder, pulumi, ...opened }) => {
    const told = await new OutageTeller(opened, opened, folder).tell();
    const ok = told.failures.length === 0;
    for (const line of outageEnding(told)) say(line);
    if (options.writeReadme && ok) writeStory(ROOT, told);
    return { ...told, ok, pulumi };
  });
}

function main(options: Options, signal: AbortSignal, say: Say): Promise<Report> {
  const started = Date.now();
  return onStage(signal, say, async ({ pulumi, ...opened }) => {
    const { lab } = opened;
    say(`Mail from outside goes to both Edges in turn, ${MAILS_PER_SECOND} a second, until the end.`);
    const stream = startMail(lab);
    const story = await new Storyteller(opened, opened, await thumbprintsOf(lab)).tell();
    signal.throwIfAborted();
    say("\nWaiting for the last mails …");
    const mail = await endMail(stream, lab);
    const seconds = Math.round((Date.now() - started) / 100) / 10;
    const report = makeReport(story, { pulumi, mail, history: await lab.history(), seconds });
    for (const line of ending(report)) say(line);
    if (options.writeReadme && report.ok) writeReadmes(ROOT, story, report);
    return report;
  });
}

/** Waits until everything is written: a pipe may still hold the last line. */
function print(line: string): Promise<void> {
  return new Promise((written) => process.stdout.write(`${line}\n`, () => written()));
}

async function run(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const interrupted = abortOnSignals();
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(DEADLINE_MS)]);
  try {
    const tell = options.story === "outage" ? outage : main;
    const report = await tell(options, signal, (line) => void process.stdout.write(`${line}\n`));
    if (options.json) await print(JSON.stringify(report));
    return report.ok ? 0 : 1;
  } catch (error) {
    const why = signal.aborted ? String((signal.reason as Error).message) : (error as Error).message;
    process.stderr.write(`\nThe demo stopped: ${why}\n`);
    if (options.json) await print(JSON.stringify({ ok: false, failures: [why] }));
    return interrupted.aborted ? 130 : 1;
  }
}

// Whatever still holds a handle (a mail that is being sent, a closed pipe) must not keep the process.
void run().then((code) => process.exit(code));
