/** What a certificate looks at, and the work that brings a host to what is declared, from wherever it is. */
import { asExchangeError, type ExchangeError } from "../../base/errors";
import { isWatched } from "../../base/progress";
import { inspectCertificate } from "../../exchange/certificates";
import type { Shell } from "../../exchange/shell";
import { forgetAuthorityRequest } from "../../rotation/authorityRequests";
import { readClaims, saveClaims } from "../../rotation/claimFiles";
import { recordOf, withClaim, withOwner } from "../../rotation/claims";
import { ensureDrained } from "../../rotation/drain";
import { runPlan } from "../../rotation/engine";
import type { Journal } from "../../rotation/journal";
import { closeRotation } from "../../rotation/opening";
import { endOfWindow } from "../../steps/end";
import type { Starting } from "../../steps/start";
import { undoUnlessDefault } from "../../steps/undo";
import { splitId } from "../ids";
import type { Task, Working } from "../lifecycle";
import { refuseFirst } from "../refusals";
import { awaiting } from "./awaited";
import type { CertificateInputs } from "./inputs";
import { closeRecord, closeUnlessOwed, mayTouchDefault, openRecord } from "./keptDefault";
import { labelWarning, relabelled } from "./labels";
import { lookAt, type Facts } from "./look";
import { makeInside } from "./make";
import { outputs } from "./outs";
import { readBack } from "./readBack";
import { REFUSALS } from "./refusals";
import type { Subject } from "./source";
import { certificateSteps } from "./steps";
import { findSubject, halfMade } from "./subject";
import { openWindow, type Opening } from "./window";
import { isNothing, needsDrain } from "./work";

/** A task of this resource whose certificate exists: in hand, or on the host. */
interface Run extends Working<CertificateInputs, Facts> {
  subject: Subject;
}

/** Which certificate is meant is found once; under the lease everything else is read again. */
export async function look({ ctx, inputs, home, former }: Task<CertificateInputs>, shell: Shell, before: Facts | null): Promise<Facts> {
  const known = former && splitId(former.id)[1];
  const subject = before ? before.subject : ((await findSubject(ctx, inputs, home, known)) ?? (await halfMade(inputs, home)));
  return lookAt(ctx, inputs, home, subject, shell);
}

/** Nothing to do, nothing open, and the claim stands: an update that leaves everything, its revision included. */
export function isSettled({ inputs, claim }: Task<CertificateInputs>, { subject, work, now }: Facts): boolean {
  if (!subject || now.journal?.open || now.kept?.open || !isNothing(work)) return false;
  return recordOf(now.claims, "certificate", subject.certificate.thumbprint)?.claims[inputs.owner] === claim;
}

/** A certificate that this run has imported has what it is asked for. */
export function warnOfLabels({ ctx, inputs, home, former }: Task<CertificateInputs>, { subject, now, work }: Facts): void {
  const labels = work.install || !former ? [] : relabelled(former.olds, inputs as unknown as typeof former.olds);
  const { thumbprint } = subject!.certificate;
  const warning = labelWarning(labels, inputs, now, { thumbprint, host: home.facts.name });
  if (warning) ctx.warn(warning);
}

/** A certificate that the host has yet to make is made first, and everything is read and refused again with it in hand. */
export async function work(working: Working<CertificateInputs, Facts>): Promise<void> {
  const { ctx, inputs, home, claim, leased, facts, isTouched } = working;
  if (facts.subject) return workOn({ ...working, subject: facts.subject });
  const making = { ...openingOf(working), leased, work: facts.work, claim, isTouched };
  try {
    await makeInside(making, async (subject) =>
      workOn({ ...working, subject, facts: await refuseFirst(REFUSALS, await lookAt(ctx, inputs, home, subject, leased)) }),
    );
  } catch (error) {
    throw awaiting(error, { inputs, fqdn: home.facts.fqdn, claim });
  }
}

async function workOn(run: Run): Promise<void> {
  const { inputs, subject, leased, facts, former, untouch, isTouched } = run;
  try {
    await carryOut(run, await begin(run));
    if ("adcs" in inputs.source) await forgetAuthorityRequest(leased, inputs.owner);
  } catch (error) {
    if (isTouched() && subject.made && !former && (await isGone(run))) {
      // Nothing is left of it: the next run makes it anew.
      await saveClaims(leased, await readClaims(leased), facts.now.claims);
      untouch();
    }
    throw error;
  }
}

/** Whether what the host made was taken out again. */
async function isGone({ home, subject }: Run): Promise<boolean> {
  return inspectCertificate(home, subject.certificate.thumbprint).then(
    ({ found }) => !found,
    () => false,
  );
}

/** What a run works with: its window's journal (on a Mailbox server its record), and an Edge's record beside its windows. */
interface Begun {
  drains: boolean;
  journal: Journal | null;
  record: Journal | null;
  /** The claim, on its way. */
  claimed: Promise<void>;
}

/** Journal first, then the claim, with the first intent behind it: all before the first mutation. */
async function begin(run: Run): Promise<Begun> {
  const { inputs, leased, actor, facts, subject, touch } = run;
  const { now, work: todo } = facts;
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
    journal = await openWindow(openingOf(run), leased, before, target);
  }
  const record = await openRecord(leased, actor, { inputs, now, work: todo, thumbprint }, journal);
  touch(facts);
  const claimed = writeClaim(run);
  claimed.catch(() => undefined);
  return { drains, journal, record, claimed };
}

function openingOf({ ctx, inputs, home, actor, facts, former }: Working<CertificateInputs, Facts>): Opening {
  const organization = facts.organization?.session ?? null;
  // What the resource was called before an alias.
  const formerOwner = inputs.formerOwner ?? former?.owner;
  return { ctx, inputs, session: home, organization, actor, now: facts.now, formerOwner };
}

async function writeClaim({ inputs, subject, facts: { now, work: todo }, claim, former, leased }: Run): Promise<void> {
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

async function carryOut(run: Run, begun: Begun): Promise<void> {
  const { ctx, inputs, subject, home, actor, leased, facts } = run;
  const { drains, journal, record } = begun;
  const { work: todo, now } = facts;
  const organization = facts.organization?.session ?? null;
  const kept = todo.swapBack ?? now.defaultThumbprint;
  const task = { leased, inputs, subject, work: todo, drains, kept, journal, signal: ctx.signal, today: ctx.now };
  const closes = journal !== null && journal.state?.hold === false;
  const goesOn = !closes && !record && journal?.isOpen === true;
  const isDrained = drains || (now.isEdge && journal?.state?.resumeOwed === true);
  const resumes = closes && now.isEdge;
  const settings = { smtp: inputs.services.includes("SMTP"), drains };
  const end = resumes ? endOfWindow({ ...startingOf(run, journal), organization, actor }, subject.certificate.thumbprint, settings) : null;
  const steps = [...certificateSteps(task), ...(end?.steps ?? [])];
  const { thumbprint } = subject.certificate;
  try {
    await runPlan({
      host: home.facts.name,
      steps,
      journal: journal ?? record,
      signal: ctx.signal,
      closes: true,
      goesOn,
      written: begun.claimed,
      ahead: () => Promise.all([inspectCertificate(leased, thumbprint), outputs(run, facts, true)]),
      ...(journal && isDrained && { ensureDrained: () => ensureDrained(leased, journal, ctx.signal) }),
    });
    await Promise.all([readBack(run, kept, leased), goesOn ? undefined : (journal ?? record)?.flush()]);
  } catch (error) {
    throw marked(error, await isUndone(run, begun, end?.committed() === true));
  }
  if (record) await closeRecord(record, "finished");
  if (closes) await closeRotation(leased, organization, journal, actor, "finished", ctx.signal);
  else if (journal?.state?.resumeOwed && isWatched()) ctx.note(`[${home.facts.name}] ${HELD}`);
}
/** Where somebody watches; else the end of the run says what is still out of service then. */
const HELD = 'stays out of service (drain "hold") until a TransportService starts it; without one, drain: "auto" takes it back';

const startingOf = ({ ctx, inputs, home, leased }: Run, journal: Journal): Starting & Pick<Run, "ctx"> => {
  return { ctx, host: inputs.host, session: home, leased, journal };
};

/** `committed`: its predecessor is gone, so that the new certificate must not be taken out; the next run goes on from here. */
async function isUndone(run: Run, { journal, record }: Begun, committed: boolean): Promise<boolean> {
  const { subject, actor, leased, facts } = run;
  if (!journal || !facts.now.isEdge) {
    const owed = journal ?? record;
    if (owed) await closeUnlessOwed(leased, owed);
    return false;
  }
  if (committed) return false;
  return undoUnlessDefault({
    ...startingOf(run, journal),
    organization: facts.organization?.session ?? null,
    actor,
    thumbprint: subject.certificate.thumbprint,
    wasInstalled: !facts.work.install && subject.made !== true,
  });
}

/** The same failure, knowing whether the Edge serves again with its old certificate. */
function marked(error: unknown, undone: boolean): ExchangeError {
  const failure = asExchangeError(error);
  failure.details.undone = undone;
  return failure;
}
