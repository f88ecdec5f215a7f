/** The work on a transport service: the verified end of every window. */
import { defaultThumbprint } from "../../exchange/certificates";
import { findSubscription } from "../../exchange/subscriptions";
import { transportSeen, transportStatus } from "../../exchange/transport";
import { ensureDrained, startTransport } from "../../rotation/drain";
import { READY } from "../../rotation/conditions";
import { runPlan, type Step } from "../../rotation/engine";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { Journal } from "../../rotation/journal";
import { closeRotation } from "../../rotation/opening";
import { short } from "../../rotation/reasons";
import { enterSite } from "../../rotation/siteEntry";
import { closeSiteWindow, readSiteWindows } from "../../rotation/siteWindow";
import { directoryStep } from "../../steps/directoryServices";
import { invariantsStep, requireConnectorNames } from "../../steps/invariants";
import { owedSync } from "../../steps/lateSync";
import { predecessorStep } from "../../steps/predecessor";
import { restartStep } from "../../steps/restart";
import type { JsonObject } from "../../base/json";
import { hostTime } from "../../exchange/clocks";
import { requireStarttls, START_TIMES, verifiedStart } from "../../steps/start";
import { fellowsOf } from "../fellows";
import { writeClaim, type Task, type Working } from "../lifecycle";
import type { Context } from "../types";
import type { TransportInputs } from "./inputs";
import { mailAfter, watchOf } from "./mailFlow";
import { isTolerated, leafOf } from "./observe";
import type { Facts } from "./refusals";

/** The task with the organisation's host, where there is one. */
type Run = Task<TransportInputs> & Pick<Facts, "organization">;

/** A look at a door that should answer at once. */
const LOOK_DEADLINE_MS = 10_000;

/** Running, the right leaf, the right connector names: nothing to do. */
export async function isGood(task: Task<TransportInputs>, { journal, organization }: Facts): Promise<boolean> {
  const { home, inputs } = task;
  const run = { ...task, organization };
  if (journal?.open || (await transportStatus(home)).status !== "Running") return false;
  await requireConnectorNames(home, inputs.expectConnectors, witness(run));
  return !inputs.expectThumbprint || isLeafGood(run);
}

/** A Mailbox server knows the organisation's connectors itself. */
function witness({ ctx, home, organization }: Run): Pick<Facts, "organization"> & Pick<Context, "warn"> {
  return { organization: organization ?? (home.facts.role === "Mailbox" ? home : null), warn: ctx.warn };
}

/** One look at STARTTLS, without waiting. */
async function isLeafGood({ inputs, home, ctx }: Run): Promise<boolean> {
  const { expectThumbprint: expected, host } = inputs;
  const leaf = await leafOf(host, home, ctx.signal);
  return leaf === expected || (leaf !== null && (await isTolerated(home, expected!, leaf)));
}

export async function work({ leased, facts, touch, ...task }: Working<TransportInputs, Facts>): Promise<void> {
  const run = { ...task, organization: facts.organization };
  const { facts: server } = task.home;
  const journal = server.role === "Edge" ? await Journal.load(leased, task.actor) : null;
  const asked = watchOf(task.inputs.watchMail);
  const since = asked ? await hostTime(task.home) : journal?.isOpen ? new Date(journal.state!.since) : null;
  const watching = { host: task.inputs.host, session: task.home, organization: facts.organization, signal: task.ctx.signal };
  const mailNow = (): Promise<JsonObject> => mailAfter(task.ctx, watching, asked, since);
  let mail: Promise<JsonObject> | undefined;
  if (journal?.isOpen) {
    touch();
    // One look goes along with the window's end; a watch begins behind it.
    await finishWindow(run, leased, journal, () => void (mail = asked ? undefined : mailNow()));
  } else await stand(run, leased, touch);
  touch();
  await writeClaim(task, leased, { kind: "transport", name: server.name, made: false, previous: null });
  // for the outputs
  void transportSeen(task.home).catch(() => undefined);
  facts.mail = await (mail ?? mailNow());
}

/** No rotation is open: transport should run and present what is expected. */
async function stand(run: Run, leased: LeasedShell, touched: () => void): Promise<void> {
  const { inputs, home } = run;
  const { status } = await transportStatus(leased);
  if (status !== "Running") {
    touched();
    await startTransport(leased, status);
    await requireLeaf(run, START_TIMES.starttlsMs);
  } else if (inputs.expectThumbprint) {
    await mendLeaf(run, leased, touched);
  }
  await requireConnectorNames(home, inputs.expectConnectors, witness(run));
}

/**
 * A wrong leaf while no rotation is open: a certificate of this owner that no connector needs any more still wins the choice
 * (a run on the way back ended between the flip and its restarts). It goes, and transport takes what is left. On a Mailbox
 * server, which has no window, transport may not have noticed a new certificate yet: a restart makes it certain (exchange.md 15.3).
 */
async function mendLeaf(run: Run, leased: LeasedShell, touched: () => void): Promise<void> {
  const { ctx, inputs, home } = run;
  const competitors = predecessorStep(leased, inputs.expectThumbprint!, () => defaultThumbprint(leased), ctx.warn);
  if (await isLeafGood(run)) return;
  if ((await competitors.probe()) && home.facts.role !== "Mailbox") return requireLeaf(run, LOOK_DEADLINE_MS);
  const steps = [competitors, restartStep(leased, () => requireLeaf(run, START_TIMES.starttlsMs))];
  const restart = async (): Promise<void> => {
    touched();
    await runPlan({ host: home.facts.name, steps, journal: null, signal: ctx.signal });
  };
  await (home.facts.role === "Edge" ? inSiteWindow(run, restart) : restart());
}

/** A restart is a window like any other: not while another Edge of the site is out of service. @throws EDGE_WINDOW_BUSY */
async function inSiteWindow({ ctx, inputs, home, organization, actor }: Run, work: () => Promise<void>): Promise<void> {
  const { name } = home.facts;
  const site = organization && (await findSubscription(organization, name))?.site;
  if (!organization || !site) return work();
  const fellows = fellowsOf({ ctx, actor, organization, host: inputs.host, edge: name });
  await enterSite({ edge: name, site, organization, actor, fellows: fellows.limit > 1 ? fellows : undefined, signal: ctx.signal });
  try {
    await work();
  } finally {
    // An Edge that did not come back keeps its site's window.
    const serves = await transportStatus(home).then(
      ({ status }) => status === "Running",
      () => false,
    );
    if (serves) await withLease(organization, actor, (leased) => closeSiteWindow(leased, site, name), ctx.signal);
  }
}

/** The end of a window: invariants, competitors out, start, leaf, close. */
async function finishWindow(run: Run, leased: LeasedShell, journal: Journal, served: () => void): Promise<void> {
  const { ctx, inputs, home, organization, actor } = run;
  const state = journal.state!;
  const current = (): Promise<string | null> => defaultThumbprint(leased);
  const named = (): Promise<void> => requireConnectorNames(home, inputs.expectConnectors, witness(run));
  const steps: Step[] = [
    directoryStep(leased, journal),
    invariantsStep({ ctx, host: inputs.host, session: home, organization, journal }, named),
  ];
  if (inputs.expectThumbprint && state.resumeOwed) steps.push(predecessorStep(leased, inputs.expectThumbprint, current, ctx.warn));
  const late = owedSync(state, { organization, edge: leased, actor, signal: ctx.signal });
  let since: Date | undefined;
  if (state.resumeOwed || state.old.transport === "Running") {
    const start = verifiedStart({ ctx, host: inputs.host, session: home, leased, journal }, inputs.expectThumbprint ?? null);
    steps.push({ ...start, run: (last) => start.run(last).then(() => void (since = new Date())) });
  } else ctx.warn(`${home.facts.name}: transport was ${state.old.transport} before the rotation and is left so.`);
  steps.push(...late);
  await runPlan({
    host: home.facts.name,
    steps,
    journal,
    signal: ctx.signal,
    closes: true,
    ahead: async () => organization && state.site && readSiteWindows(organization, state.site),
    ensureDrained: () => ensureDrained(leased, journal, ctx.signal),
  });
  served();
  await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
  if (state.old.transport === "Running")
    ctx.note(
      `[${home.facts.name}] ${readyWords(state.since, since ?? new Date(), inputs.expectThumbprint)}${late.length > 0 ? syncedWords(since, new Date()) : ""}`,
    );
}

/** Without the moment of the start: an earlier run has started it. */
function syncedWords(served: Date | undefined, now: Date): string {
  return served ? `; EdgeSync succeeded ${lasting(served, now)} after the start` : "; EdgeSync has succeeded";
}
function lasting(from: Date, to: Date): string {
  const seconds = Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

/** The condition at the end of a window, for the one who watches: `Ready: back in service with BBBBBBBB…, the window lasted 42 s`. */
export function readyWords(since: string, now: Date, thumbprint: string | undefined): string {
  return `${READY}: back in service${thumbprint ? ` with ${short(thumbprint)}` : ""}, the window lasted ${lasting(new Date(since), now)}`;
}

async function requireLeaf({ inputs, home, ctx }: Run, deadlineMs: number): Promise<void> {
  if (inputs.expectThumbprint) await requireStarttls(inputs.host, home, inputs.expectThumbprint, deadlineMs, ctx.signal);
}
