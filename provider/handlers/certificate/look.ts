/** The facts that a certificate's refusals and its work are decided from: read before the lease, and again under it. */
import { refuseSkew } from "../../exchange/clocks";
import { inspectCertificate } from "../../exchange/certificates";
import type { Shell } from "../../exchange/shell";
import type { HostSession } from "../../remote/sessions";
import { directoryServices } from "../../rotation/directoryServices";
import { ldapsSeen, starttlsSeen } from "../../rotation/doors";
import { readJournal } from "../../rotation/journal";
import { seeLease } from "../../rotation/lease";
import { isLeaseKept } from "../../rotation/leasedShell";
import type { Context } from "../types";
import { gatherHost, gatherOrganization, type Gathered, type GatheredOrganization } from "./gather";
import type { CertificateInputs } from "./inputs";
import type { Subject } from "./source";
import { trustAhead } from "./trust";
import { decideWork, isNothing, workOnceMade, type Work } from "./work";

/** The organisation's host, where it has a say. */
export interface Organization {
  session: HostSession;
  /** Asked once a look. */
  gathered: () => Promise<GatheredOrganization>;
}
export interface Facts {
  inputs: CertificateInputs;
  /** The host's session, or under the lease its leased shell. */
  host: Shell;
  /** For looks at its doors. */
  session: HostSession;
  /** Null while the host is yet to make the certificate. */
  subject: Subject | null;
  now: Gathered;
  work: Work;
  /** Asked only when an Edge will be changed or has a rotation open. */
  organization: Organization | null;
  clock: Date;
  warn: Context["warn"];
}

/** `host`: the session, or its leased shell. */
export async function lookAt(
  ctx: Context,
  inputs: CertificateInputs,
  session: HostSession,
  subject: Subject | null,
  host: Shell = session,
): Promise<Facts> {
  if (subject && session.facts.role === "Edge" && inputs.services.includes("SMTP")) {
    trustAhead(host, subject);
    if (host === session) void windowAhead(ctx, inputs, session, subject).catch(() => undefined);
  }
  const now = await gatherHost(host, subject);
  const work = subject ? decideWork(inputs, now, subject.certificate.thumbprint) : workOnceMade(inputs);
  return {
    inputs,
    host,
    session,
    subject,
    now,
    work,
    organization: await organizationOf(ctx, { inputs, subject, host }, now, work),
    clock: ctx.now,
    warn: ctx.warn,
  };
}

/**
 * A certificate that is not there yet will be imported with the Edge out of service: what refusals ask of organisation and doors is asked as
 * soon as that is known, while Exchange's shell is loaded. Whoever needs an answer asks for it, and finds it standing; failures are told there.
 */
async function windowAhead(ctx: Context, inputs: CertificateInputs, session: HostSession, subject: Subject): Promise<void> {
  const { organization: inside, adoptOnly, drain, defaultSmtp } = inputs;
  if (!inside || adoptOnly || drain === "never" || isLeaseKept(session)) return;
  const [{ found }, journal] = await Promise.all([inspectCertificate(session, subject.certificate.thumbprint), readJournal(session)]);
  if (found || journal?.open) return;
  const starttls = starttlsSeen(inputs.host, session);
  starttls.catch(() => undefined);
  const organization = await ctx.session(inside);
  await Promise.allSettled([
    ...askOrganization({ inputs, subject, host: session }, organization, defaultSmtp === "replace"),
    drain === "hold" && defaultSmtp === "replace" && ldapsSeen(inputs.host, session, organization),
  ]);
}

interface Asking {
  inputs: CertificateInputs;
  /** Null: the host is yet to make it. */
  subject: Subject | null;
  host: Shell;
}

/** What is asked of the organisation together; the first answer is what refusals go by. The lease first: what is asked behind it stands when it is taken. */
function askOrganization(
  { inputs: { sendConnectors = [] }, subject, host }: Asking,
  session: HostSession,
  binds: boolean,
): [Promise<GatheredOrganization>, ...Promise<unknown>[]] {
  const seen = seeLease(session);
  const thumbprint = subject?.certificate.thumbprint ?? null;
  return [
    gatherOrganization(session, { edge: host.facts.name, thumbprint, sendConnectors }),
    seen,
    binds ? refuseSkew(host, session) : Promise.resolve(),
    directoryServices(host),
  ];
}

async function organizationOf(ctx: Context, asking: Asking, now: Gathered, work: Work): Promise<Organization | null> {
  const { inputs } = asking;
  if (!now.isEdge || !inputs.organization || (isNothing(work) && !now.journal?.open)) return null;
  const session = await ctx.session(inputs.organization);
  // A failure is told where the answer is needed.
  const all = askOrganization(asking, session, work.makeDefault);
  void Promise.all(all).catch(() => undefined);
  const [asked] = all;
  return { session, gathered: () => asked };
}
