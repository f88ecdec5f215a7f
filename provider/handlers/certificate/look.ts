/** The facts that a certificate's refusals and its work are decided from: read before the lease, and again under it. */
import { refuseSkew } from "../../exchange/clocks";
import type { Shell } from "../../exchange/shell";
import type { HostSession } from "../../remote/sessions";
import { directoryServices } from "../../rotation/directoryServices";
import { seeLease } from "../../rotation/lease";
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
  if (subject && session.facts.role === "Edge" && inputs.services.includes("SMTP")) trustAhead(host, subject);
  const now = await gatherHost(host, subject);
  const work = subject ? decideWork(inputs, now, subject.certificate.thumbprint) : workOnceMade(inputs);
  return {
    inputs,
    host,
    session,
    subject,
    now,
    work,
    organization: await organizationOf(ctx, inputs, host, now, work),
    clock: ctx.now,
    warn: ctx.warn,
  };
}

async function organizationOf(
  ctx: Context,
  inputs: CertificateInputs,
  host: Shell,
  now: Gathered,
  work: Work,
): Promise<Organization | null> {
  if (!now.isEdge || !inputs.organization || (isNothing(work) && !now.journal?.open)) return null;
  const session = await ctx.session(inputs.organization);
  const asked = gatherOrganization(session, host.facts.name);
  // What else will be asked there goes with it; a failure is told where the answer is needed.
  const beside = [work.makeDefault && refuseSkew(host, session), seeLease(session), directoryServices(host)];
  void Promise.all([asked, ...beside]).catch(() => undefined);
  return { session, gathered: () => asked };
}
