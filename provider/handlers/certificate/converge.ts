/** Create and update of a certificate: one function that brings a host to what is declared, from wherever it is. */
import { randomUUID } from "node:crypto";
import { asExchangeError, type ExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { inspectCertificate } from "../../exchange/certificates";
import { isWatched } from "../../base/progress";
import { ensureDrained } from "../../rotation/drain";
import { forgetAuthorityRequest } from "../../rotation/authorityRequests";
import { newClaim, readClaims, recordOf, saveClaims, withClaim, withOwner } from "../../rotation/claims";
import { healServices } from "../../rotation/directoryServices";
import { READY } from "../../rotation/conditions";
import { runPlan } from "../../rotation/engine";
import { failPoint } from "../../rotation/failpoints";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import type { Journal } from "../../rotation/journal";
import { closeRotation, refuseForeign } from "../../rotation/opening";
import { actorOf, type Actor } from "../../rotation/actor";
import type { HostSession } from "../../remote/sessions";
import type { Starting } from "../../steps/start";
import { partial } from "../outcome";
import { refuseOtherServer } from "../whereabouts";
import { refuseFirst } from "../refusals";
import type { Context } from "../types";
import type { Gathered } from "./gather";
import type { CertificateInputs } from "./inputs";
import { closeRecord, closeUnlessOwed, mayTouchDefault, openRecord } from "./keptDefault";
import { labelWarning, type Labels } from "./labels";
import { awaiting } from "./awaited";
import { makeInside } from "./make";
import { openWindow } from "./window";
import { look, type Facts } from "./look";
import { echo, observe } from "./outs";
import { certificateFacts, type Subject } from "./source";
import { readBack } from "./readBack";
import { findSubject, halfMade } from "./subject";
import { REFUSALS } from "./refusals";
import { certificateSteps } from "./steps";
import { undoUnlessDefault } from "../../steps/undo";
import { endOfWindow } from "../../steps/end";
import { isNothing, needsDrain, type Work } from "./work";

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
/** What a run of this resource is, whatever the host shows. */
interface Frame {
  ctx: Context;
  session: HostSession;
  actor: Actor;
  claim: string;
  former: Former | null;
}
interface Run extends Frame {
  inputs: CertificateInputs;
  organization: HostSession | null;
  subject: Subject;
  now: Gathered;
  work: Work;
}

/** Everything that `create` and `update` return beside the inputs. */
export async function converge(ctx: Context, inputs: CertificateInputs, former: Former | null): Promise<{ id: string; outs: JsonObject }> {
  ctx.register(inputs.host);
  if (inputs.organization) ctx.register(inputs.organization);
  const session = await ctx.session(inputs.host);
  if (former) refuseOtherServer(session, inputs.host, former.fqdn);
  // Before Exchange is asked anything: while another stack restarts AD LDS, no cmdlet answers.
  const actor = actorOf(inputs.owner);
  const journal = await healServices(session, actor, ctx.signal);
  refuseForeign(journal, actor, session.facts.name);
  const subject = (await findSubject(ctx, inputs, session, former?.thumbprint ?? null)) ?? (await halfMade(inputs, session));
  const facts = await refuseFirst(REFUSALS, await look(ctx, inputs, session, subject));
  const frame: Frame = { ctx, session, actor, claim: former?.claim ?? newClaim(), former };
  const run = subject && runOf(frame, facts, subject);
  if (run && isSettled(run)) return finish(run, former!.revision);
  return withLease(session, actor, (leased) => lookAgain(frame, facts, leased), ctx.signal);
}

function runOf(frame: Frame, { inputs, now, work, organization }: Facts, subject: Subject): Run {
  return { ...frame, inputs, now, work, subject, organization: organization?.session ?? null };
}

/** Under the lease everything is read again, and refused again: another run may have worked since the first look. */
async function lookAgain(frame: Frame, { inputs, subject: known }: Facts, leased: LeasedShell): Promise<{ id: string; outs: JsonObject }> {
  const again = async (subject: Subject | null): Promise<Facts> =>
    refuseFirst(REFUSALS, await look(frame.ctx, inputs, frame.session, subject, leased));
  if (known) return change(runOf(frame, await again(known), known), leased);
  const { now, work, organization } = await again(null);
  const { ctx, session, actor, former } = frame;
  const opening = {
    ctx,
    inputs,
    session,
    organization: organization?.session ?? null,
    actor,
    now,
    formerOwner: inputs.formerOwner ?? former?.owner,
  };
  const { claim } = frame;
  const making = makeInside({ ...opening, leased, work, claim }, async (subject) =>
    change(runOf(frame, await again(subject), subject), leased),
  );
  return making.catch((error: unknown) => {
    throw awaiting(error, { inputs, fqdn: session.facts.fqdn, claim });
  });
}

/** Nothing to do, nothing open, and the claim stands: an update that leaves everything, its revision included. */
function isSettled({ former, work, now, inputs, subject, claim }: Run): boolean {
  if (!former || former.unfinished || now.journal?.open || now.kept?.open || !isNothing(work)) return false;
  const record = recordOf(now.claims, "certificate", subject.certificate.thumbprint);
  return record?.claims[inputs.owner] === claim && former.owner === inputs.owner;
}

async function change(run: Run, leased: LeasedShell): Promise<{ id: string; outs: JsonObject }> {
  const { inputs, subject, session, claim } = run;
  const id = `${session.facts.fqdn}\\${subject.certificate.thumbprint}`;
  let touched = false;
  try {
    await work(run, leased, await begin(run, leased, () => (touched = true)));
    if ("adcs" in inputs.source) await forgetAuthorityRequest(leased, inputs.owner);
    failPoint(session.facts.name, "certificate", "before-reply");
    return await finish(run, randomUUID());
  } catch (error) {
    if (!touched) throw error;
    if (subject.made && !run.former && (await isGone(run))) {
      // Nothing is left of it: the next run makes it anew.
      await saveClaims(leased, await readClaims(leased), run.now.claims);
      throw error;
    }
    throw partial(error, id, {
      ...echo(inputs),
      ...(await present(run).catch(() => ({}))),
      claim,
      revision: randomUUID(),
      server: session.facts.fqdn,
    });
  }
}

/** Whether what the host made was taken out again. */
async function isGone({ session, subject }: Run): Promise<boolean> {
  return inspectCertificate(session, subject.certificate.thumbprint).then(
    ({ found }) => !found,
    () => false,
  );
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
    // What an Edge's record owes was the default before.
    const before = now.isEdge ? (todo.swapBack ?? now.defaultThumbprint) : now.defaultThumbprint;
    // On a Mailbox server the targets are those that must not stay the default.
    const target = now.isEdge || records ? thumbprint : null;
    journal = await openWindow(
      { ctx, inputs, session: run.session, organization, actor, now, formerOwner: formerName(run) },
      leased,
      before,
      target,
    );
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
        wasInstalled: !run.work.install && subject.made !== true,
      });
    throw marked(error, undone);
  }
  if (record) await closeRecord(record, "finished");
  if (closes) await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
  else if (journal?.state?.resumeOwed && isWatched()) ctx.note(`[${session.facts.name}] ${HELD}`);
}
/** Where somebody watches; else the end of the run says what is still out of service then. */
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
