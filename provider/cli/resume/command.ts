/** `resume <edge>`: takes an Edge back into service by its journal when nobody will run `up` again. */
import { hostname, userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { ExchangeError } from "../../base/errors";
import { note, warn } from "../../base/progress";
import { TRANSPORT, transportStatus } from "../../exchange/transport";
import { requireRole } from "../../handlers/outcome";
import type { Context } from "../../handlers/types";
import type { HostConnection } from "../../remote/hosts";
import { openSession, registerConnection, type HostSession } from "../../remote/sessions";
import { missingServices } from "../../rotation/directoryServices";
import { RUN_ID, type Actor } from "../../rotation/actor";
import { DONE, FAILED, inWords, NO_ACCESS, noWayIn, type ExitCode } from "../exit";
import { hostNamed, readHosts, type Hosts } from "../hostsFile";
import { print, say } from "../output";
import { abandon } from "./abandon";
import { openOrganization } from "./organization";
import { wayBack } from "../../rotation/back";
import { openJournal, readSituation, type Open } from "../../rotation/situation";
import { takeBack } from "../../steps/wayBack";
import { clearLeftovers } from "./windows";
import { describeOpen, describeStopped, describeWay } from "./words";

interface Flags {
  hosts: string;
  organization?: string;
  abandon?: boolean;
  yes?: boolean;
}
interface Run {
  edge: string;
  flags: Flags;
  hosts: Hosts;
  ctx: Context;
}

export function addResume(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("resume")
    .description("take an Edge back into service by its journal, when nobody will run `pulumi up` again")
    .argument("<edge>", "name of the Edge in the hosts file")
    .requiredOption("--hosts <file.json>", "the hosts file: server name → connection; the Edge and the organisation's host")
    .option("--organization <name>", "the organisation's host in the hosts file (default: the one that the journal names)")
    .option("--abandon", "leave the Edge out of service, and free its site for another Edge")
    .option("--yes", "do it without asking")
    .addHelpText(
      "after",
      "\nEnds with 0, with 1 when the Edge could not be taken back or is out of service without an open rotation, with 2 when nothing was done: a host\ncannot be entered, or nobody agreed.",
    )
    .action(async (edge: string, flags: Flags) => finish(await resume(edge, flags)));
}

async function resume(edge: string, flags: Flags): Promise<ExitCode> {
  const controller = new AbortController();
  const stop = (): void =>
    controller.abort(new ExchangeError("OUTCOME_UNKNOWN", "Stopped by a signal.", { hint: "Run resume again: it continues." }));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, stop);
  try {
    const hosts = await readHosts(flags.hosts);
    const run: Run = { edge: edge.toUpperCase(), flags, hosts, ctx: contextOf(controller.signal) };
    return await (flags.abandon ? giveUp(run) : goOn(run));
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stop);
  }
}

function contextOf(signal: AbortSignal): Context {
  return { now: new Date(), signal, session: openSession, register: registerConnection, note, warn };
}

/** Leases and journals name the person, so that another run can say who holds what. */
function actingPerson(stack: string): Actor {
  let user = "unknown";
  try {
    user = userInfo().username;
  } catch {
    // an account without an entry: the machine's name has to do
  }
  return { owner: `resume by ${user} on ${hostname()}`, stack, run: RUN_ID };
}

async function goOn(run: Run): Promise<ExitCode> {
  const { ctx } = run;
  const host = hostNamed(run.hosts, run.edge, run.flags.hosts);
  const session = await openSession(host);
  requireRole(session, "Edge", "edge");
  const open = await openJournal(session);
  const organization = await organizationOf(run, open?.state.organization ?? null, open !== null && open.state.organization === null);
  if (!open) return nothingOpen(run, session, organization);
  for (const line of await outlook(run, host, session, organization, open)) print(line);
  if (!(await agreed(run.flags, `Take ${session.facts.name} back into service?`))) return NO_ACCESS;
  for (const line of await takeBack({ ctx, host, session, organization, actor: actingPerson(open.state.stack) })) print(line);
  return DONE;
}

/** What is open and what will be done, as far as it can be known without changing anything. */
async function outlook(
  { ctx }: Run,
  host: HostConnection,
  session: HostSession,
  organization: HostSession | null,
  open: Open,
): Promise<string[]> {
  const stopped = await missingServices(session, open.state.old.services ?? {});
  if (stopped.length > 0) return [...describeOpen(session.facts, open), describeStopped(stopped)];
  const situation = await readSituation(host, session, organization, open, ctx.now);
  return [...describeOpen(session.facts, open, situation), describeWay(wayBack(situation), situation)];
}

/** No organisation is looked for where the journal says that there was none. */
function organizationOf(run: Run, named: string | null, none: boolean): Promise<HostSession | null> {
  if (none && run.flags.organization === undefined) return Promise.resolve(null);
  return openOrganization({ hosts: run.hosts, file: run.flags.hosts, edge: run.edge, asked: run.flags.organization, named });
}

async function nothingOpen(run: Run, session: HostSession, organization: HostSession | null): Promise<ExitCode> {
  const { name } = session.facts;
  print(`${name} has no rotation open. Nothing was changed on it.`);
  const cleared = organization
    ? await clearLeftovers({ edge: session, organization, actor: actingPerson(""), signal: run.ctx.signal })
    : [];
  for (const what of cleared) print(`Removed from ${organization!.facts.name}: ${what}.`);
  const { status } = await transportStatus(session);
  if (status === "Running") return DONE;
  print(`But it is out of service: transport is ${status}. \`Start-Service ${TRANSPORT}\` on it starts it, or \`pulumi up\` of its stack.`);
  return FAILED;
}

async function giveUp(run: Run): Promise<ExitCode> {
  const { ctx, flags } = run;
  const session = await reachable(run);
  const open = session ? await openJournal(session) : null;
  const organization = await organizationOf(run, open?.state.organization ?? null, false);
  if (!organization) {
    throw new ExchangeError(
      "INVALID_ARGUMENT",
      `${flags.hosts} names no Mailbox server that can be reached; the site's window lies there.`,
    );
  }
  if (session && open) for (const line of describeOpen(session.facts, open)) print(line);
  if (!(await agreed(flags, `Leave ${run.edge} out of service and free its site?`))) return NO_ACCESS;
  const edge = session?.facts.name ?? run.edge;
  for (const line of await abandon({
    edge,
    session,
    organization,
    actor: actingPerson(open?.state.stack ?? ""),
    open: open !== null,
    signal: ctx.signal,
  }))
    print(line);
  return DONE;
}

/** A dead Edge is the usual reason to abandon it. */
async function reachable(run: Run): Promise<HostSession | null> {
  const host = hostNamed(run.hosts, run.edge, run.flags.hosts);
  try {
    const session = await openSession(host);
    requireRole(session, "Edge", "edge");
    return session;
  } catch (error) {
    if (!noWayIn(error)) throw error;
    say(`${run.edge} cannot be reached; only its site's window is looked at.\n${inWords(error)}`);
    return null;
  }
}

/** Asks at a terminal; elsewhere `--yes` is needed, and without it nothing happens. */
async function agreed({ yes }: Flags, question: string): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) {
    say("Nothing was changed: add --yes to do it.");
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const sure = /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
    if (!sure) say("Nothing was changed.");
    return sure;
  } finally {
    terminal.close();
  }
}
