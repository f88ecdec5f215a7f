/** What speaks against the work on a transport service, in order (handlers/refusals.ts). */
import { ExchangeError } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import { defaultThumbprint } from "../../exchange/certificates";
import { transportSeen } from "../../exchange/transport";
import { gatherCompetitors } from "../../rotation/competitors";
import { readJournal, type JournalState } from "../../rotation/journal";
import { actorOf } from "../../rotation/actor";
import { refuseForeign, requireSameOrganization } from "../../rotation/opening";
import type { HostSession } from "../../remote/sessions";
import { ldapsSeen, refuseBlind, smtpOf } from "../../rotation/doors";
import { lookAround } from "../../steps/invariants";
import type { Task } from "../lifecycle";
import { requireRole } from "../outcome";
import type { Chain } from "../refusals";
import type { TransportInputs } from "./inputs";

export interface Facts {
  inputs: TransportInputs;
  session: HostSession;
  organization: HostSession | null;
  /** Windows are an Edge's; a Mailbox server's journal is its certificates' business. */
  journal: JournalState | null;
  /** What was seen of the server's mail once the work was done: outputs. */
  mail?: JsonObject;
}

export async function look({ ctx, inputs, home }: Task<TransportInputs>): Promise<Facts> {
  const organization = inputs.organization ? await ctx.session(inputs.organization) : null;
  const journal = home.facts.role === "Edge" ? await readJournal(home) : null;
  if (journal?.open) void lookAhead(inputs, home, organization).catch(() => undefined);
  return { inputs, session: home, organization, journal };
}

/** What the steps at the end of a window look at first. */
function lookAhead(
  { host, expectThumbprint: expected }: TransportInputs,
  home: HostSession,
  organization: HostSession | null,
): Promise<unknown> {
  return Promise.all([
    transportSeen(home),
    organization && lookAround(home, organization),
    organization && ldapsSeen(host, home, organization),
    expected && gatherCompetitors(home, expected, defaultThumbprint(home)),
  ]);
}

export const REFUSALS: Chain<Facts> = [
  refuseWithoutOrganization,
  refuseOrganizationRole,
  refuseOtherStack,
  ({ journal, organization, session }) => requireSameOrganization(journal, organization, session.facts.name),
  refuseUnseen,
];

function refuseWithoutOrganization({ inputs, session: { facts } }: Facts): void {
  if (facts.role !== "Edge" || inputs.organization) return;
  const sentence = `${facts.name} is an Edge: organization is needed to check its connectors before the start.`;
  throw new ExchangeError("INVALID_ARGUMENT", sentence, { host: facts.name });
}

/** @throws ROLE_MISMATCH */
function refuseOrganizationRole({ organization }: Facts): void {
  if (organization) requireRole(organization, "Mailbox", "organization");
}

/** @throws ROTATION_OPEN */
function refuseOtherStack({ inputs, journal, session }: Facts): void {
  refuseForeign(journal, actorOf(inputs.owner), session.facts.name);
}

/** Nothing is started that nobody could look at. @throws FORWARDING_REFUSED */
async function refuseUnseen({ inputs, session }: Facts): Promise<void> {
  if (inputs.expectThumbprint) await refuseBlind(smtpOf(inputs.host, session));
}
