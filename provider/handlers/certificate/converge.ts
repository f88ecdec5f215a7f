/** Create and update of a certificate: one function that brings a host to what is declared, from wherever it is. */
import { randomUUID } from "node:crypto";
import { asExchangeError, type ExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { defaultThumbprint } from "../../exchange/certificates";
import { ensureDrained } from "../../rotation/drain";
import { newClaim, readClaims, recordOf, saveClaims, withClaim, withOwner } from "../../rotation/claims";
import { healServices } from "../../rotation/directoryServices";
import { READY } from "../../rotation/conditions";
import { runPlan } from "../../rotation/engine";
import { failPoint } from "../../rotation/failpoints";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import type { Journal } from "../../rotation/journal";
import { closeRotation, openRotation, refuseForeign } from "../../rotation/opening";
import { actorOf, type Actor } from "../../rotation/actor";
import type { HostSession } from "../../remote/sessions";
import { reclaimSite } from "../peers";
import { presentedNow, type Starting } from "../transport/start";
import { partial, refuseOtherServer } from "../outcome";
import type { Context } from "../types";
import { gatherHost, type Gathered } from "./gather";
import type { CertificateInputs } from "./inputs";
import { closeRecord, closeUnlessOwed, mayTouchDefault, openRecord } from "./keptDefault";
import { labelWarning, type Labels } from "./labels";
import { organizationFor } from "./organization";
import { echo, observe } from "./outs";
import { certificateFacts, type Subject } from "./source";
import { readBack } from "./readBack";
import { findSubject, makeSubject, refuseWithoutRequest, type BeforeMade } from "./subject";
import { refuseMissingConnectors } from "./sendConnectors";
import { refuseUnlessPresented } from "./starttls";
import { certificateSteps } from "./steps";
import { undoUnlessDefault } from "./undo";
import { refuseUntrusted } from "./trust";
import { endOfWindow } from "./window";
import { decideWork, isNothing, needsDrain, refuseOnHost, refuseOtherName, workOnceMade, type Work } from "./work";

/** What an earlier create or update left in state. */
export interface Former {
  fqdn: string;
  thumbprint: string;
  claim: string;
  revision: string;
  owner: string;
  unfinished: boolean;
  /** Labels that are declared otherwise now. */
  relabelled: Labels;
}
interface Run {
  ctx: Context;
  inputs: CertificateInputs;
  session: HostSession;
  organization: HostSession | null;
  subject: Subject;
  now: Gathered;
  work: Work;
  actor: Actor;
  claim: string;
  former: Former | null;
}

/** Everything that `create` and `update` return beside the inputs. */
export async function converge(ctx: Context, inputs: CertificateInputs, former: Former | null): Promise<{ id: string; outs: JsonObject }> {
  ctx.register(inputs.host);
  if (inputs.organization) ctx.register(inputs.organization);
  const session = await ctx.session(inputs.host);
  if (former) refuseOtherServer(session, former.fqdn);
  // Before Exchange is asked anything: while another stack restarts AD LDS, no cmdlet answers.
  const actor = actorOf(inputs.owner);
  const journal = await healServices(session, actor, ctx.signal);
  refuseForeign(journal, actor, session.facts.name);
  const subject = await findSubject(ctx, inputs, session, former?.thumbprint ?? null);
  if (subject) return proceed(ctx, inputs, session, subject, former, null);
  const beforeMade: BeforeMade = async (wanted, found) => {
    const current = inputs.receiveConnectors ? await defaultThumbprint(session) : null;
    const now = { ...found, isEdge: session.facts.role === "Edge", journal, defaultThumbprint: current };
    await refuseUnlessPresented(session, wanted, inputs, now, workOnceMade(inputs), ctx.now);
  };
  if (inputs.sendConnectors && !journal?.open) {
    const asked = session.facts.role === "Edge" ? inputs.organization && (await ctx.session(inputs.organization)) : session;
    if (asked) await refuseMissingConnectors(asked, inputs.sendConnectors);
  }
  const make = (leased: LeasedShell): Promise<Subject> => makeSubject(inputs, leased, ctx.now, beforeMade);
  return withLease(session, actor, async (leased) => proceed(ctx, inputs, session, await make(leased), null, leased), ctx.signal);
}

/** From a known certificate to the host as declared. */
async function proceed(
  ctx: Context,
  inputs: CertificateInputs,
  session: HostSession,
  subject: Subject,
  former: Former | null,
  leased: LeasedShell | null,
): Promise<{ id: string; outs: JsonObject }> {
  const now = await gatherHost(session, subject);
  const work = decideWork(inputs, now, subject.certificate.thumbprint);
  const actor = actorOf(inputs.owner);
  if (now.isEdge) refuseForeign(now.journal, actor, session.facts.name);
  refuseOnHost(inputs, now, subject.certificate, work, ctx.now, session.facts.name);
  refuseOtherName(subject.certificate, now.inspection, session.facts.name);
  await refuseUnlessPresented(session, subject.certificate, inputs, now, work, ctx.now);
  await refuseUntrusted(session, inputs, now, work, subject, ctx.now);
  if (work.install && subject.privateKey === null) await refuseWithoutRequest(session, subject);
  const organization = await organizationFor(ctx, inputs, session, now, work, subject);
  const run: Run = { ctx, inputs, session, organization, subject, now, work, actor, claim: former?.claim ?? newClaim(), former };
  if (leased) return change(run, leased);
  return isSettled(run) ? finish(run, former!.revision) : withLease(session, actor, (own) => change(run, own), ctx.signal);
}

/** Nothing to do, nothing open, and the claim stands: an update that leaves everything, its revision included. */
function isSettled({ former, work, now, inputs, subject, claim }: Run): boolean {
  if (!former || former.unfinished || now.journal?.open || now.kept?.open || !isNothing(work)) return false;
  const record = recordOf(now.claims, "certificate", subject.certificate.thumbprint);
  return record?.claims[inputs.owner] === claim && former.owner === inputs.owner;
}

async function change(before: Run, leased: LeasedShell): Promise<{ id: string; outs: JsonObject }> {
  const run = await lookAgain(before, leased);
  const { inputs, subject, session, claim } = run;
  const id = `${session.facts.fqdn}\\${subject.certificate.thumbprint}`;
  let touched = false;
  try {
    await work(run, leased, await begin(run, leased, () => (touched = true)));
    failPoint(session.facts.name, "certificate", "before-reply");
    return await finish(run, randomUUID());
  } catch (error) {
    if (!touched) throw error;
    throw partial(error, id, {
      ...echo(inputs),
      ...(await present(run).catch(() => ({}))),
      claim,
      revision: randomUUID(),
      server: session.facts.fqdn,
    });
  }
}

/** Under the lease everything is read again: another run may have worked since the first look. */
async function lookAgain(run: Run, leased: LeasedShell): Promise<Run> {
  const { inputs, subject, ctx, actor } = run;
  const now = await gatherHost(leased, subject);
  const work = decideWork(inputs, now, subject.certificate.thumbprint);
  if (now.isEdge) refuseForeign(now.journal, actor, leased.facts.name);
  refuseOnHost(inputs, now, subject.certificate, work, ctx.now, leased.facts.name);
  return { ...run, now, work };
}

/** What a run works with: its window's journal (on a Mailbox server its record), and an Edge's record beside its windows. */
interface Begun {
  drains: boolean;
  journal: Journal | null;
  record: Journal | null;
}

/** Journal first, then the claim: both before the first mutation. */
async function begin(run: Run, leased: LeasedShell, touched: () => void): Promise<Begun> {
  const { inputs, now, work: todo, organization, actor, ctx, subject } = run;
  const drains = needsDrain(inputs, now, todo);
  let journal: Journal | null = null;
  const { thumbprint } = subject.certificate;
  const records = now.isEdge ? drains : mayTouchDefault(inputs, now, todo, thumbprint);
  // Who only adopts leaves what another run owes.
  if (records || (now.journal?.open && (now.isEdge || !inputs.adoptOnly))) {
    const starttlsThumbprint = now.isEdge && !now.journal?.open ? await presentedNow(inputs.host, run.session) : null;
    // What an Edge's record owes was the default before.
    const before = now.isEdge ? (todo.swapBack ?? now.defaultThumbprint) : now.defaultThumbprint;
    const old = { defaultThumbprint: before, ldapsThumbprint: null, starttlsThumbprint };
    // On a Mailbox server the targets are those that must not stay the default.
    const target = now.isEdge || records ? thumbprint : null;
    const hold = inputs.drain === "hold";
    const opening = { edge: leased, organization, actor, target, hold, formerOwner: formerName(run), old, signal: ctx.signal };
    journal = await openRotation({ ...opening, ...(organization ? { reclaimSite: reclaimSite(ctx, actor, organization) } : {}) });
  }
  const record = await openRecord(leased, actor, { inputs, now, work: todo, thumbprint }, journal);
  touched();
  await writeClaim(run, leased);
  return { drains, journal, record };
}

/** What the resource was called before an alias. */
function formerName({ inputs, former }: Run): string | undefined {
  return inputs.formerOwner ?? former?.owner;
}

async function writeClaim({ inputs, subject, now, work: todo, claim, former }: Run, leased: LeasedShell): Promise<void> {
  const before = await readClaims(leased);
  const name = subject.certificate.thumbprint;
  const previous = { defaultThumbprint: now.defaultThumbprint };
  const after = withClaim(withOwner(before, "certificate", inputs.formerOwner, inputs.owner), {
    kind: "certificate",
    name,
    owner: inputs.owner,
    claim,
    made: todo.install || subject.made === true,
    previous,
    formerOwner: former?.owner,
  });
  await saveClaims(leased, before, after);
}

async function work(run: Run, leased: LeasedShell, { drains, journal, record }: Begun): Promise<void> {
  const { ctx, inputs, subject, session, organization, actor } = run;
  const kept = run.work.swapBack ?? run.now.defaultThumbprint;
  const task = { leased, inputs, subject, work: run.work, drains, kept, journal, signal: ctx.signal, today: ctx.now };
  const closes = journal !== null && journal.state?.hold === false;
  const isDrained = drains || (run.now.isEdge && journal?.state?.resumeOwed === true);
  const resumes = closes && run.now.isEdge;
  const starting = (open: Journal): Starting & { ctx: Context } => ({ ctx, host: inputs.host, session, leased, journal: open });
  const settings = { smtp: inputs.services.includes("SMTP"), drains };
  const end = resumes ? endOfWindow({ ...starting(journal), organization }, subject.certificate.thumbprint, settings) : null;
  const steps = [...certificateSteps(task), ...(end?.steps ?? [])];
  try {
    await runPlan({
      host: session.facts.name,
      steps,
      journal: journal ?? record,
      signal: ctx.signal,
      ...(journal && isDrained && { ensureDrained: () => ensureDrained(leased, journal, ctx.signal) }),
    });
    await readBack(run, kept, leased);
  } catch (error) {
    let undone = false;
    // Without its predecessor the new certificate must not be taken out: the next run goes on from here.
    const noWindow = journal && run.now.isEdge ? null : (journal ?? record);
    if (noWindow) await closeUnlessOwed(leased, noWindow);
    else if (journal && !end?.committed())
      undone = await undoUnlessDefault({
        ...starting(journal),
        organization,
        actor,
        thumbprint: subject.certificate.thumbprint,
        wasInstalled: !run.work.install,
      });
    throw marked(error, undone);
  }
  if (record) await closeRecord(record, "finished");
  if (closes) await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
  else if (journal?.state?.resumeOwed) ctx.note(`[${session.facts.name}] ${HELD}`);
}
/** At the end of a run that leaves an Edge out of service on purpose. */
const HELD = 'stays out of service (drain "hold") until a TransportService starts it; without one, drain: "auto" takes it back';

/** The same failure, knowing whether the Edge serves again with its old certificate. */
function marked(error: unknown, undone: boolean): ExchangeError {
  const failure = asExchangeError(error);
  failure.details.undone = undone;
  return failure;
}

async function finish(run: Run, revision: string): Promise<{ id: string; outs: JsonObject }> {
  const { inputs, session, subject, claim } = run;
  warnOfLabels(run);
  const outs = plain({ ...echo(inputs), ...(await present(run)), claim, revision, server: session.facts.fqdn, condition: READY });
  return { id: `${session.facts.fqdn}\\${subject.certificate.thumbprint}`, outs };
}

/** A certificate that this run has imported has what it is asked for. */
function warnOfLabels({ ctx, inputs, session, subject, now, work, former }: Run): void {
  const labels = work.install ? [] : (former?.relabelled ?? []);
  const { thumbprint } = subject.certificate;
  const warning = labelWarning(labels, inputs, now, { thumbprint, host: session.facts.name });
  if (warning) ctx.warn(warning);
}

/** What the certificate says and the host shows now. */
async function present({ session, subject, inputs }: Run): Promise<JsonObject> {
  return { ...certificateFacts(subject.certificate), ...(await observe(session, subject.certificate.thumbprint, inputs.services)) };
}
