/** What speaks against a certificate on a host, in order (handlers/refusals.ts). */
import { ExchangeError, isExchangeError } from "../../base/errors";
import { refuseSkew } from "../../exchange/clocks";
import { sameTlsCertificateName, unsuitable, validity, type Certificate } from "../../pki";
import { otherOwners } from "../../rotation/claims";
import { holdersAfter } from "../../rotation/holders";
import { IMPORT } from "../../rotation/journal";
import { refuseForeign } from "../../rotation/opening";
import { actorOf } from "../../rotation/actor";
import type { Operations } from "../../remote/protocol";
import { ldapsSeen, refuseBlind, smtpOf } from "../../rotation/doors";
import { NOT_SUBSCRIBED, otherName, refusedAfterStart } from "../afterStart";
import { requireRole } from "../outcome";
import { where, type Chain } from "../refusals";
import type { Facts } from "./look";
import { refuseEcc } from "./ecc";
import { refuseMissing, refuseMissingConnectors } from "./sendConnectors";
import { refuseUnlessPresented } from "./starttls";
import { refuseWithoutRequest, wantedOf } from "./subject";
import { refuseUntrusted } from "./trust";
import { isNothing, needsDrain } from "./work";

/** Where something is going to be changed. */
const changing = where<Facts>(({ work }) => !isNothing(work));
/** An Edge that is out of service already goes on: what is missing may be what its window has to give back. */
const unopened = where<Facts>(({ now }) => !now.journal?.open);

export const REFUSALS: Chain<Facts> = [
  refuseHoldInside,
  refuseOtherStack,
  refuseWithoutOrganization,
  refuseOtherServices,
  changing(refuseUnadopted),
  changing(refuseUnmakeable),
  changing(refuseInvalidDates),
  changing(refuseEcc),
  changing(refuseUnsuitable),
  changing(refuseWithoutKey),
  changing(refuseClaimed),
  refuseOtherPrint,
  refuseHidden,
  refuseDistrusted,
  refuseUnrequested,
  refuseOrganizationRole,
  changing(unopened(refuseLostConnectors)),
  changing(refuseMailboxDefault),
  changing(refuseBreaking),
  changing(unopened(refuseAfterStart)),
  refuseUnbound,
  refuseClocks,
  changing(unopened(refuseUnseen)),
];

/** Only an Edge is held out of service: on another server the address is wrong. @throws ROLE_MISMATCH */
function refuseHoldInside({ inputs, host }: Facts): void {
  if (inputs.drain === "hold") requireRole(host, "Edge", 'host (drain "hold")');
}

/** @throws ROTATION_OPEN */
function refuseOtherStack({ now, inputs, host }: Facts): void {
  if (now.isEdge) refuseForeign(now.journal, actorOf(inputs.owner), host.facts.name);
}

function refuseWithoutOrganization({ now, inputs, host: { facts } }: Facts): void {
  if (!now.isEdge || inputs.services.length === 0 || inputs.organization) return;
  const sentence = `${facts.name} is an Edge: organization is needed to record its window and its connectors.`;
  throw new ExchangeError("INVALID_ARGUMENT", sentence, { host: facts.name });
}

function refuseOtherServices({ now, inputs, host: { facts } }: Facts): void {
  const wrong = now.isEdge ? inputs.services.filter((one) => one !== "SMTP") : [];
  if (wrong.length === 0) return;
  throw new ExchangeError("INVALID_ARGUMENT", `${facts.name} is an Edge and can serve SMTP only, not ${wrong.join(", ")}.`, {
    host: facts.name,
  });
}

/** @throws CERTIFICATE_NOT_ADOPTABLE */
function refuseUnadopted({ inputs, subject, host: { facts } }: Facts): void {
  if (!inputs.adoptOnly) return;
  const what = subject ? subject.certificate.thumbprint : "a certificate that the server has yet to make";
  const sentence = `${facts.name}: ${what} is not installed and enabled as declared, and adoptOnly allows no change.`;
  throw new ExchangeError("CERTIFICATE_NOT_ADOPTABLE", sentence, { host: facts.name });
}

/**
 * Nothing is made by the question: it lacks everything, and whether an operation is known comes first (docs/agent-protocol.md 3).
 * @throws CERTIFICATE_NOT_MADE
 */
async function refuseUnmakeable({ inputs: { source }, subject, session }: Facts): Promise<void> {
  if (subject || !("selfSigned" in source) || source.selfSigned.lifetime === undefined) return;
  const nothing = {} as Operations["certificate.makeSelfSigned"]["params"];
  const known = await session.request("certificate.makeSelfSigned", nothing).catch((error: unknown) => {
    if (!isExchangeError(error, "AGENT_REFUSED")) throw error;
    return error.details.class !== "UnknownOperation";
  });
  if (known) return;
  const host = session.facts.name;
  throw new ExchangeError("CERTIFICATE_NOT_MADE", `${host}: the agent of this host cannot make a certificate with a lifetime.`, {
    host,
    hint: "Use an agent that knows certificate.makeSelfSigned (docs/agent-protocol.md 7.7), or leave `lifetime` out.",
  });
}

/** What is installed may stay as it is, and what an authority has just issued begins about now. @throws CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID */
function refuseInvalidDates({ now, subject, clock, host: { facts } }: Facts): void {
  const invalid = subject && !subject.made && !now.inspection.found ? validity(subject.certificate, clock) : null;
  if (invalid) throw new ExchangeError(invalid.code, `${facts.name}: ${invalid.sentence}`, { host: facts.name });
}

/** @throws CERTIFICATE_KEY_UNSUPPORTED, CERTIFICATE_USAGE_UNSUITABLE, … */
function refuseUnsuitable({ inputs, subject, work, host: { facts } }: Facts): void {
  const used = inputs.services.includes("SMTP") && (work.install || work.keyAccess || work.makeDefault);
  const unfit = subject && used ? unsuitable(subject.certificate, { ec: true }) : null;
  if (unfit) throw new ExchangeError(unfit.code, `${facts.name}: ${unfit.sentence}`, { host: facts.name });
}

/** @throws PFX_WITHOUT_KEY */
function refuseWithoutKey({ now, subject, host: { facts } }: Facts): void {
  if (!subject || !now.inspection.found || now.inspection.hasPrivateKey !== false) return;
  throw new ExchangeError("PFX_WITHOUT_KEY", `${facts.name}: ${subject.certificate.thumbprint} is installed without its private key.`, {
    host: facts.name,
    hint: "Remove the certificate without key from the computer's store, then run again: it is imported with its key.",
  });
}

const RENAMED =
  "If the resource was renamed, give it an alias of its old name, or deploy the old certificate under the new name first; else remove the other resource.";

const elsewhere = (owners: string[]): string =>
  `Let it go in ${[...new Set(owners.map((one) => actorOf(one).stack))].join(", ")} first: \`pulumi destroy\`, or without it in the program, leaves what is in use. Where that stack is lost: docs/recovery.md, "Claims of a stack that is lost".`;

/** A same-name predecessor has to go before the start; one that somebody else claims must stay. @throws OBJECT_CLAIMED */
function refuseClaimed(facts: Facts): void {
  const { inputs, now, host } = facts;
  const certificate = wantedOf(facts);
  if (!now.isEdge || !inputs.services.includes("SMTP") || !certificate) return;
  for (const other of now.installed) {
    if (other.thumbprint === certificate.thumbprint || !sameTlsCertificateName(other.tlsCertificateName, certificate.tlsCertificateName))
      continue;
    const owners = otherOwners(now.claims, "certificate", other.thumbprint, inputs.owner).filter((one) => one !== inputs.formerOwner);
    if (owners.length === 0) continue;
    const own = owners.every((one) => actorOf(one).stack === actorOf(inputs.owner).stack);
    const sentence = `${host.facts.name}: ${other.thumbprint} has the same name and is claimed by ${owners.join(", ")}.`;
    throw new ExchangeError("OBJECT_CLAIMED", sentence, { host: host.facts.name, hint: own ? RENAMED : elsewhere(owners) });
  }
}

function refuseOtherPrint({ subject, now, host }: Facts): void {
  if (subject) refuseOtherName(subject.certificate, now.inspection, host.facts.name);
}

/** Compares the name that a connector would carry with what the host itself prints (exchange.md 7.1). @throws NAME_DIFFERS */
export function refuseOtherName(certificate: Certificate, printed: { subject?: string; issuer?: string }, host: string): void {
  if (printed.subject === undefined || printed.issuer === undefined) return;
  if (printed.subject === certificate.subject && printed.issuer === certificate.issuer) return;
  throw new ExchangeError(
    "NAME_DIFFERS",
    `${host} prints ${certificate.thumbprint} as <I>${printed.issuer}<S>${printed.subject}, not as ${certificate.tlsCertificateName}.`,
    { host },
  );
}

/** @throws STARTTLS_NAME_MISSING, STARTTLS_OTHER_PREFERRED, CONNECTOR_NOT_FOUND */
async function refuseHidden(facts: Facts): Promise<void> {
  const wanted = wantedOf(facts);
  if (wanted) await refuseUnlessPresented(facts.host, wanted, facts.inputs, facts.now, facts.work, facts.clock);
}

/** @throws CERTIFICATE_UNTRUSTED, CERTIFICATE_REVOKED */
async function refuseDistrusted({ host, inputs, now, work, subject, clock }: Facts): Promise<void> {
  if (subject) await refuseUntrusted(host, inputs, now, work, subject, clock);
}

/** @throws REQUEST_NOT_FOUND */
async function refuseUnrequested({ subject, work, host }: Facts): Promise<void> {
  if (subject && work.install && subject.privateKey === null && !subject.made) await refuseWithoutRequest(host, subject);
}

/** @throws ROLE_MISMATCH */
function refuseOrganizationRole({ organization }: Facts): void {
  if (organization) requireRole(organization.session, "Mailbox", "organization");
}

/** @throws CONNECTOR_NOT_FOUND */
async function refuseLostConnectors({ now, inputs, host, organization }: Facts): Promise<void> {
  if (!now.isEdge) await refuseMissingConnectors(host, inputs.sendConnectors);
  else if (organization) await refuseMissing(organization.session, (await organization.gathered()).missing);
}

/** @throws CERTIFICATE_IS_MAILBOX_DEFAULT */
async function refuseMailboxDefault({ organization, work, subject, host: { facts } }: Facts): Promise<void> {
  if (!organization || !work.makeDefault || !subject) return;
  const { thumbprint } = subject.certificate;
  const { twin } = await organization.gathered();
  if (twin === null) return;
  throw new ExchangeError(
    "CERTIFICATE_IS_MAILBOX_DEFAULT",
    `${facts.name}: ${thumbprint} is the default certificate of Mailbox server ${twin}.`,
    { host: facts.name },
  );
}

/** @throws SUBSCRIPTION_WOULD_BREAK */
async function refuseBreaking({ organization, work, inputs, host: { facts } }: Facts): Promise<void> {
  if (!organization || !work.makeDefault || inputs.drain === "hold" || !(await organization.gathered()).subscribed) return;
  throw new ExchangeError(
    "SUBSCRIPTION_WOULD_BREAK",
    `${facts.name} is subscribed: a new default certificate breaks EdgeSync unless the Edge is subscribed again in the same run.`,
    { host: facts.name },
  );
}

/** Its subscription is to synchronise once the Edge serves again. @throws AFTER_START_REFUSED */
async function refuseAfterStart(facts: Facts): Promise<void> {
  const { inputs, organization, work, now, host } = facts;
  if (inputs.lookAhead?.synchronise !== "afterStart" || !work.makeDefault || !organization) return;
  const { name } = host.facts;
  if (!(await organization.gathered()).subscribed) throw refusedAfterStart(name, NOT_SUBSCRIBED);
  const before = now.installed.find(({ thumbprint }) => thumbprint === now.defaultThumbprint);
  const after = wantedOf(facts);
  const why = before && after ? otherName(before.tlsCertificateName, after.tlsCertificateName) : null;
  if (why !== null) throw refusedAfterStart(name, why);
}

/**
 * Where "hold" ends and no TransportService checks the start: a new default that AD LDS and the organisation do not know yet would
 * come into service with it. @throws SUBSCRIPTION_WOULD_BREAK
 */
function refuseUnbound({ inputs, now: { journal, defaultThumbprint }, work, host: { facts }, organization }: Facts): void {
  if (!organization || !journal?.open || !journal.everHeld || inputs.drain === "hold") return;
  const { owner, formerOwner } = inputs;
  if (holdersAfter(journal.holders, { owner, formerOwner, hold: false }).length > 0) return;
  const { old, exported, done } = journal;
  if (!old.subscribed || defaultThumbprint === old.defaultThumbprint || work.swapBack !== null) return;
  if (exported && done.has(IMPORT)) return;
  throw new ExchangeError(
    "SUBSCRIPTION_WOULD_BREAK",
    `${facts.name} is out of service with a new default certificate that no Edge Subscription has bound: it stays so, as EdgeSync would break.`,
    { host: facts.name, details: { holders: [...journal.holders] } },
  );
}

/** @throws CLOCK_SKEW */
async function refuseClocks({ organization, work, host }: Facts): Promise<void> {
  if (organization && work.makeDefault && (await organization.gathered()).subscribed) await refuseSkew(host, organization.session);
}

/**
 * The looks at the doors: STARTTLS ends every drained window, and where a new default is bound, LDAPS is looked at before the import.
 * @throws FORWARDING_REFUSED
 */
async function refuseUnseen({ inputs, now, work, session, organization }: Facts): Promise<void> {
  if (!needsDrain(inputs, now, work)) return;
  const binds = inputs.drain === "hold" && work.makeDefault;
  const inside = binds && organization ? organization.session : null;
  await refuseBlind(
    smtpOf(inputs.host, session),
    ...(inside ? [{ through: inside, door: `ldaps ${session.facts.fqdn}`, look: () => ldapsSeen(inputs.host, session, inside) }] : []),
  );
}
