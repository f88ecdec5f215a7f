/** The facts that a certificate's refusals and its work are decided from: read before the lease, and again under it. */
import type { Shell } from "../../exchange/shell";
import type { HostSession } from "../../remote/sessions";
import type { Context } from "../types";
import { gatherHost, gatherOrganization, type Gathered, type GatheredOrganization } from "./gather";
import type { CertificateInputs } from "./inputs";
import type { Subject } from "./source";
import { decideWork, isNothing, workOnceMade, type Work } from "./work";

/** The organisation's host, where it has a say. */
export interface Organization {
  session: HostSession;
  /** Asked on first need and once a look. */
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
  let asked: Promise<GatheredOrganization> | undefined;
  return { session, gathered: () => (asked ??= gatherOrganization(session, host.facts.name)) };
}
