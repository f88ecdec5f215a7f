/** A rehearsal: the user's own program with a copy of its own state, against a copy of the organisation. No real server is connected to. */
import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { WrongInput } from "../../../lab/model/wrongInput";
import { startLab, type Lab, type LabOptions } from "../../../lab/start";
import { delay } from "../../base/clock";
import { ExchangeError } from "../../base/errors";
import { decodeText, plainText } from "../../base/text";
import { stopOf, VARIABLE } from "../../rehearsal";
import { closeAll } from "../../remote/sessions";
import { DONE, FAILED, NO_ACCESS, SIGNALS, inWords, type ExitCode } from "../exit";
import { readHosts, type Hosts } from "../hostsFile";
import { DEFAULT_HOURS } from "../options";
import { print, progressToStderr, refuseUnwritable, say } from "../output";
import { missingIn, takeSnapshot } from "../snapshot/take";
import { LEASE_MS, owedBy, stopsAt, type BreakPoint } from "./breakAt";
import { Commands } from "./commands";
import { impossible, previewArguments, readCommandLine, type CommandLine } from "./commandLine";
import { isOurs, judge, type Preview } from "./judge";
import { plannedResources, type PlannedResource } from "./plan";
import type { Flags } from "./flags";
import { writePlan } from "./planFile";
import { lastLines, Pulumi } from "./pulumi";
import { Stage } from "./stage";
import { copyStack, type StackCopy } from "./state";
import { reportLines } from "./text";
import { warningsIn } from "./warnings";
import { Watch, type Seen } from "./watch";

export async function rehearse(command: string[], flags: Flags): Promise<ExitCode> {
  progressToStderr();
  try {
    if (process.env[VARIABLE] !== undefined)
      throw impossible(`${VARIABLE} is set: this is a run of another rehearsal.`, `Unset ${VARIABLE}.`);
    await refuseUnwritable(flags.report);
    return await new Rehearsing(readCommandLine(command), flags).run();
  } catch (error) {
    say(inWords(error));
    return NO_ACCESS;
  }
}

/** For doors to close. */
const CLOSING_MS = 3_000;

/** One rehearsal, from its folder to its end. */
class Rehearsing {
  private readonly pulumi: Pulumi;
  private planned: PlannedResource[] = [];

  constructor(
    private readonly line: CommandLine,
    private readonly flags: Flags,
  ) {
    this.pulumi = new Pulumi(line.program);
  }

  async run(): Promise<ExitCode> {
    const stage = new Stage();
    const leave = atAnyEnd(stage, this.pulumi);
    let lab: Lab | undefined;
    const commands = await Commands.start();
    try {
      const { options, hosts } = await theCopy(this.flags);
      lab = await startLab({ ...options, speed: this.flags.speed }).catch(refuseInput);
      stage.open(lab.ready, hosts);
      say(`the copy: ${lab.ready.hosts.map(({ name }) => name).join(", ")}`);
      const copy = await copyStack(this.line, this.pulumi, stage);
      Object.assign(copy.env, commands.variables);
      if (!(await this.lookFirst(stage, copy))) return FAILED;
      return await this.perform(lab, copy, stage, commands);
    } finally {
      leave();
      commands.close();
      // a client that ends its connection late must not hold up the end of a rehearsal
      const closed = new AbortController();
      await Promise.race([lab?.close(), delay(CLOSING_MS, closed.signal).catch(() => undefined)]);
      closed.abort();
      setTimeout(() => process.exit(), CLOSING_MS).unref();
    }
  }

  /** A preview in the copy: who answers, and what would be touched. False where the preview fails. */
  private async lookFirst(stage: Stage, copy: StackCopy): Promise<boolean> {
    say("preview in the copy");
    const first = await this.preview(copy, false);
    if (first.preview.steps?.some(isOurs) && !stage.takeAnswer()) throw unanswered();
    judge(first.preview);
    this.planned = plannedResources(first.preview);
    if (first.failed !== undefined) return failedPreview(first.failed);
    if (!first.preview.steps?.some(isOurs))
      throw impossible("The program has no resource of pulumi-exchange: there is nothing to rehearse.");
    if (!this.line.refreshes && !copy.refreshesAlways) return true;
    // with a refresh others may turn out to have changed; only now, since a provider that knows no rehearsal would have dialled
    const second = await this.preview(copy, true);
    judge(second.preview);
    return second.failed === undefined || failedPreview(second.failed);
  }

  private async preview({ stack, configFile, env }: StackCopy, refresh: boolean): Promise<{ preview: Preview; failed?: string }> {
    const args = [...previewArguments(this.line, refresh), "--stack", stack, "--config-file", configFile];
    const { code, out, err } = await this.pulumi.ask(args, this.line.cwd, env);
    const preview = parsed(out);
    if (code === 0 && preview) return { preview };
    const errors = preview?.diagnostics?.filter(({ severity }) => severity === "error").map(({ message = "" }) => message.trim()) ?? [];
    return { preview: preview ?? {}, failed: errors.join("\n") || lastLines(err || out) };
  }

  private async perform(lab: Lab, copy: StackCopy, stage: Stage, { notRun }: Commands): Promise<ExitCode> {
    const { speed, report, breakAt } = this.flags;
    const watch = new Watch(lab, speed);
    const stopped = breakAt && (await this.breakOff(lab, copy, stage, watch, breakAt));
    const log = join(stage.folder, "events.log");
    say("pulumi up in the copy");
    // the flag is one of the CLI's own tools, which this variable shows
    const code = await this.up(copy, { ...copy.env, PULUMI_DEBUG_COMMANDS: "true" }, ["--event-log", log]);
    const seen = await watch.end();
    for (const line of reportLines(seen, notRun, warningsIn(log), speed)) print(line);
    const wrong = whatIsWrong(seen, code);
    for (const line of wrong) print(line);
    if (wrong.length === 0) print("As declared. No real server was connected to by this run.");
    if (report !== undefined) {
      const { copiedAt } = lab.ready;
      const common = {
        stack: `${copy.project}/${copy.stack}`,
        command: ["pulumi", "up", ...this.line.rest].join(" "),
        rehearsed: new Date().toISOString(),
      };
      const plan = { ...common, ...(copiedAt && { copiedAt }), resources: this.planned, seen, notRun, speed, wrong };
      await writePlan(report, { ...plan, ...(stopped && { stopped: { ...stopped, finished: code === 0 } }) });
    }
    return wrong.length === 0 ? DONE : FAILED;
  }

  private up({ stack, configFile }: StackCopy, env: NodeJS.ProcessEnv, more: string[] = []): Promise<number> {
    return this.pulumi.show(["up", ...this.line.rest, "--stack", stack, "--config-file", configFile, ...more], this.line.cwd, env);
  }

  /** A run that is killed at a step, and what it leaves. */
  private async breakOff(lab: Lab, copy: StackCopy, stage: Stage, watch: Watch, point: BreakPoint): Promise<{ at: string; owed: string }> {
    const at = `${point.host}/${point.step}`;
    say(`pulumi up in the copy, stopped at ${at}`);
    const code = await this.up(copy, { ...copy.env, ...stopsAt(point) });
    if (stopOf(stage.file) === undefined) {
      const how = code === 0 ? "was done" : "failed for other reasons";
      throw impossible(`The run ${how} without coming to ${at}.`, "Name a step of its plan that finds work to do.");
    }
    const hosts = join(stage.folder, "lab.json");
    writeFileSync(hosts, JSON.stringify(lab.ready), { mode: 0o600 });
    const out = watch.out();
    const owed = out.length === 0 ? ["No Edge is out of service."] : await Promise.all(out.map((edge) => owedBy(edge, hosts)));
    print(`Stopped at ${at}. What is owed, as \`npx pulumi-exchange resume\` tells it:\n${owed.join("\n")}`);
    say(`waiting ${LEASE_MS / 1000} s, until another run may take over`);
    await delay(LEASE_MS);
    return { at, owed: owed.join("\n") };
  }
}

function whatIsWrong({ windows, mail }: Seen, code: number): string[] {
  return [
    ...(code === 0 ? [] : [`The run would fail: \`pulumi up\` ended with ${code}; its reasons stand above.`]),
    ...windows
      .filter(({ to }) => to === undefined)
      .map(({ edge, before }) => (before ? `${edge} is out of service, and would stay so.` : `${edge} would be left out of service.`)),
    ...(mail.lost > 0 ? [`${mail.lost} mails would be lost.`] : []),
    ...(mail.waiting > 0 ? [`${mail.waiting} mails would still be waiting half an hour later.`] : []),
  ];
}

function failedPreview(why: string): false {
  print(`The run would fail in its preview:\n${why}`);
  return false;
}

function unanswered(): ExchangeError {
  const sentence = "The provider that the project's folder has did not answer with this rehearsal's id, so the run was not started.";
  return new ExchangeError("REHEARSAL_UNANSWERED", sentence);
}

function parsed(out: string): Preview | undefined {
  try {
    return JSON.parse(out.slice(out.indexOf("{"))) as Preview;
  } catch {
    return undefined;
  }
}

const WRITTEN = "Give --scenario a file that `snapshot` wrote.";

/** A file, or what the live servers say now. */
async function theCopy({ scenario, hosts: file }: Flags): Promise<{ options: LabOptions; hosts: Hosts }> {
  const hosts: Hosts = file === undefined ? new Map() : await readHosts(file);
  if (scenario !== undefined) {
    await refuseAnonymised(scenario);
    return { options: { scenario }, hosts };
  }
  if (file === undefined) throw impossible("Neither --scenario nor --hosts is given.", WRITTEN);
  say("reading the live servers; nothing is changed on them");
  const taken = await takeSnapshot(hosts, DEFAULT_HOURS).finally(closeAll);
  for (const { host, what, why } of missingIn(taken)) say(`not read: ${host}: ${what}: ${why}`);
  return { options: { scenario: taken }, hosts };
}

/** A file that is none of the lab's scenarios is the caller's mistake. */
function refuseInput(error: unknown): never {
  throw error instanceof WrongInput ? new ExchangeError("INVALID_ARGUMENT", error.message, { hint: WRITTEN }) : error;
}

async function refuseAnonymised(scenario: string): Promise<void> {
  if (await isAnonymised(scenario))
    throw impossible(`${scenario} is anonymised: no real state fits it.`, "Take a snapshot without --anonymise.");
}

/** False also where the file cannot be read: the lab says what is wrong with it. */
async function isAnonymised(scenario: string): Promise<boolean> {
  try {
    const { copy } = JSON.parse(plainText(decodeText(await readFile(scenario)) ?? "")) as { copy?: { anonymised?: boolean } };
    return copy?.anonymised === true;
  } catch {
    return false;
  }
}

/** The folder goes whichever way this process ends; a signal first ends what runs, and then the rehearsal. A second one ends it at once. */
function atAnyEnd(stage: Stage, pulumi: Pulumi): () => void {
  const remove = (): void => stage.close();
  process.once("exit", remove);
  const signals = SIGNALS.map((signal) => {
    const handler = (): void => {
      if (pulumi.isStopped) process.exit(NO_ACCESS);
      pulumi.stop(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    remove();
    process.off("exit", remove);
    for (const off of signals) off();
  };
}
