/** The organisation's part before a host is changed: its session, and what only it can refuse. */
import { refuseSkew } from "../../exchange/clocks";
import type { HostSession } from "../../remote/sessions";
import { requireRole } from "../outcome";
import type { Context } from "../types";
import { gatherOrganization, type Gathered } from "./gather";
import type { CertificateInputs } from "./inputs";
import { refuseMissingConnectors } from "./sendConnectors";
import type { Subject } from "./source";
import { isNothing, refuseInOrganization, refuseUnbound, type Work } from "./work";

/** The organisation is asked only when an Edge will be changed or has a rotation open. */
export async function organizationFor(
  ctx: Context,
  inputs: CertificateInputs,
  session: HostSession,
  now: Gathered,
  work: Work,
  subject: Subject,
): Promise<HostSession | null> {
  if (!now.isEdge && !isNothing(work)) await refuseMissingConnectors(session, inputs.sendConnectors);
  if (!now.isEdge || !inputs.organization || (isNothing(work) && !now.journal?.open)) return null;
  const organization = await ctx.session(inputs.organization);
  requireRole(organization, "Mailbox", "organization");
  const gathered = await gatherOrganization(organization, session.facts.name);
  // An Edge that is out of service already goes on: what is missing may be what its window has to give back.
  if (!now.journal?.open) await refuseMissingConnectors(organization, inputs.sendConnectors, gathered.sendConnectors);
  if (!isNothing(work)) refuseInOrganization(inputs, now, gathered, work, subject.certificate.thumbprint, session.facts.name);
  refuseUnbound(inputs, now, work, session.facts.name);
  if (work.makeDefault && gathered.subscribed) await refuseSkew(session, organization);
  return organization;
}
