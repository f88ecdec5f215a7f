/** What speaks against the work on a subscription, in order (handlers/refusals.ts). */
import { ExchangeError } from "../../base/errors";
import { same } from "../../base/json";
import { mailboxServerWith } from "../../exchange/certificates";
import { refuseSkew } from "../../exchange/clocks";
import { listSendConnectors } from "../../exchange/sendConnectors";
import { listSites } from "../../exchange/sites";
import { sameSite } from "../../exchange/subscriptions";
import { ADLDS, transportSeen } from "../../exchange/transport";
import { actorOf } from "../../rotation/actor";
import { claimsOf } from "../../rotation/claimFiles";
import { seeLease } from "../../rotation/lease";
import { refuseForeign } from "../../rotation/opening";
import type { HostSession } from "../../remote/sessions";
import type { Task } from "../lifecycle";
import { refusedAfterStart } from "../afterStart";
import { requireRole } from "../outcome";
import { where, type Chain } from "../refusals";
import { refuseOtherSite, refuseUnknownSite } from "../site";
import { whyBeforeStart } from "./afterStart";
import { decide, gather, type Gathered, type Need } from "./gather";
import type { SubscriptionInputs } from "./inputs";

export interface Facts {
  inputs: SubscriptionInputs;
  edge: HostSession;
  organization: HostSession;
  now: Gathered;
  need: Need;
  /** `organizationThumbprints` differ from those deployed. */
  moved: boolean;
}

export async function look({ ctx, inputs, home, former }: Task<SubscriptionInputs>): Promise<Facts> {
  const organization = await ctx.session(inputs.organization);
  requireRole(organization, "Mailbox", "organization");
  // An update is seldom asked for without a new certificate: what the refusals will look at goes with the first questions.
  const { certificateThumbprint } = inputs;
  const ahead = [
    seeLease(organization),
    claimsOf(organization, { kind: "subscription", name: home.facts.name }),
    certificateThumbprint ? mailboxServerWith(organization, certificateThumbprint) : Promise.resolve(null),
    refuseSkew(home, organization),
    transportSeen(home),
  ];
  void Promise.all(ahead).catch(() => undefined);
  const now = await gather(inputs, home, organization);
  const moved = former !== null && !same(former.olds.organizationThumbprints, inputs.organizationThumbprints);
  return { inputs, edge: home, organization, now, need: decide(inputs, now, moved), moved };
}

/** Where a file will be exported and imported for certain. */
const subscribing = where<Facts>(({ need }) => need === "subscribe");

export const REFUSALS: Chain<Facts> = [
  refuseOtherStack,
  refuseNotDefault,
  refuseMovedSite,
  subscribing(refuseNoSite),
  refuseLoss,
  refuseUnseen,
  refuseSilence,
  subscribing(({ edge, organization }) => refuseSkew(edge, organization)),
  subscribing(refuseShared),
  subscribing(refuseAfterStart),
];

/** @throws ROTATION_OPEN */
function refuseOtherStack({ inputs, now, edge }: Facts): void {
  refuseForeign(now.journal, actorOf(inputs.owner), edge.facts.name);
}

/** A stack does not know that an Edge was put back until it looks. */
const NOT_DEFAULT =
  "certificateThumbprint must be the Edge's default certificate. Where `resume` or a delete has put the Edge back, run `pulumi up --refresh`.";

/** @throws SUBSCRIPTION_NOT_DEFAULT */
function refuseNotDefault({ inputs: { certificateThumbprint: wanted }, now, edge }: Facts): void {
  if (!wanted || now.defaultThumbprint === wanted) return;
  const host = edge.facts.name;
  const sentence = `${host}: the default certificate is ${now.defaultThumbprint ?? "missing"}, not ${wanted}.`;
  throw new ExchangeError("SUBSCRIPTION_NOT_DEFAULT", sentence, { host, hint: NOT_DEFAULT });
}

/** @throws SITE_UNKNOWN */
function refuseMovedSite({ inputs: { site }, now: { subscription }, edge }: Facts): void {
  if (subscription && !sameSite(subscription.site, site)) refuseOtherSite(edge.facts.name, subscription.site, site);
}

/** @throws SITE_UNKNOWN */
async function refuseNoSite({ inputs: { site }, now: { subscription }, organization }: Facts): Promise<void> {
  if (!subscription) refuseUnknownSite(site, await listSites(organization), organization.facts.name);
}

/** The first subscription deletes the Edge's own send connectors (exchange.md 15.6). @throws CONNECTOR_WOULD_BE_LOST */
async function refuseLoss({ inputs, now, edge }: Facts): Promise<void> {
  if (now.subscription || now.removed || inputs.allowConnectorLoss || now.journal?.open) return;
  const own = await listSendConnectors(edge);
  if (own.length === 0) return;
  const host = edge.facts.name;
  const sentence = `${host}: the first subscription deletes its ${own.length} own send connector(s).`;
  throw new ExchangeError("CONNECTOR_WOULD_BE_LOST", sentence, { host });
}

/** Nothing is done to AD LDS that nobody could look at afterwards. @throws FORWARDING_REFUSED */
function refuseUnseen({ now, need }: Facts): void {
  if (now.blind && need !== "nothing") throw now.blind;
}

/**
 * A door that does not answer is no reason to subscribe again: nobody knows what AD LDS would present.
 * @throws PROBE_FAILED, SERVICE_FAILED
 */
async function refuseSilence({ inputs, now, edge }: Facts): Promise<void> {
  if (now.leaf !== null || !now.subscription || !inputs.certificateThumbprint || now.journal?.open) return;
  const host = edge.facts.name;
  const { status } = await edge.request("service.status", { name: ADLDS });
  if (status !== "Running") {
    const hint = `Start ${ADLDS} and its dependants on ${host}, then run again.`;
    throw new ExchangeError("SERVICE_FAILED", `${host}: AD LDS (${ADLDS}) is ${status}.`, { host, hint });
  }
  throw new ExchangeError("PROBE_FAILED", `${host}: AD LDS runs but does not answer at its LDAPS port.`, { host });
}

/** No file of an Edge that shares its default with a Mailbox server is taken (exchange.md 4.2). @throws CERTIFICATE_IS_MAILBOX_DEFAULT */
export async function refuseShared({ now, edge, organization }: Facts): Promise<void> {
  const twin = now.defaultThumbprint === null ? null : await mailboxServerWith(organization, now.defaultThumbprint);
  if (twin === null) return;
  const host = edge.facts.name;
  const sentence = `${host}: ${now.defaultThumbprint} is the default certificate of Mailbox server ${twin} too, so that its subscription file would be refused.`;
  throw new ExchangeError("CERTIFICATE_IS_MAILBOX_DEFAULT", sentence, { host });
}

/** Where a window is open already, the work waits for EdgeSync before the start instead. @throws AFTER_START_REFUSED */
async function refuseAfterStart({ now, inputs, moved, edge }: Facts): Promise<void> {
  if (inputs.synchronise !== "afterStart" || now.journal?.open) return;
  const why = await whyBeforeStart({ now, moved, edge });
  if (why !== null) throw refusedAfterStart(edge.facts.name, why);
}
