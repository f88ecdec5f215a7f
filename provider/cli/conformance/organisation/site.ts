/** The Edge together with a Mailbox server of its site: what the organisation's questions use. */
import { randomBytes } from "node:crypto";
import { delay } from "../../../base/clock";
import { asExchangeError, ExchangeError, isExchangeError } from "../../../base/errors";
import { defaultThumbprint, listCertificates } from "../../../exchange/certificates";
import { hostTime, waitUntilPast } from "../../../exchange/clocks";
import { equalNames, text } from "../../../exchange/shell";
import {
  exportSubscription,
  findSubscription,
  importSubscription,
  startSynchronization,
  testSynchronization,
} from "../../../exchange/subscriptions";
import { ADLDS } from "../../../exchange/transport";
import type { Value } from "../../../remote/protocol";
import type { LeasedShell } from "../../../rotation/leasedShell";
import { edgeNow, MARK, restart, type Bench } from "../edge/bench";
import type { Lookout, Server } from "../servers";
import type { OrganisationRecord } from "./record";

export interface Site extends Bench {
  /** A Mailbox server of the Edge's site, which speaks for the organisation. */
  inside: Server;
  insideLeased: LeasedShell;
  /** How the organisation was before. */
  before: OrganisationRecord;
}

const wrong = (sentence: string, hint?: string): ExchangeError =>
  new ExchangeError("INVALID_ARGUMENT", sentence, hint === undefined ? {} : { hint });

/** The Mailbox server that synchronises this Edge. @throws INVALID_ARGUMENT */
export async function insideOf(edge: Server, { servers }: Lookout): Promise<Server> {
  const { fqdn } = edge.session.facts;
  for (const server of servers.filter(({ role }) => role === "Mailbox"))
    if ((await testSynchronization(server.session, fqdn)) !== null) return server;
  throw wrong(
    `No Mailbox server that was entered synchronises ${edge.name}.`,
    "Subscribe the Edge, and name a Mailbox server of its site in the hosts file.",
  );
}

/** @throws INVALID_ARGUMENT where another name was typed */
export async function refuseOther({ session }: Server, typed: string): Promise<void> {
  const { objects } = await session.invoke("Get-OrganizationConfig", {}, ["Name"]);
  const name = text(objects[0]?.Name);
  if (name !== "" && equalNames(name, typed)) return;
  throw wrong(
    `${session.facts.name} belongs to the organisation "${name}", not to "${typed}".`,
    "Type the name as Get-OrganizationConfig prints it.",
  );
}

/** @throws INVALID_ARGUMENT where what was could not be told from what is left */
export async function takeRecord(inside: Server, edge: Server, edgeDefault: string | null): Promise<OrganisationRecord> {
  const { session } = inside;
  const subscription = await findSubscription(session, edge.name);
  const bound = await defaultThumbprint(session, edge.name);
  const sync = await testSynchronization(session, edge.session.facts.fqdn);
  if (!subscription || bound === null || bound !== edgeDefault || sync?.status !== "Normal")
    throw wrong(
      `${edge.name} is not subscribed with its default certificate, or not synchronised (${sync?.status ?? "no status"}): it could not be put back.`,
      "Subscribe the Edge again, wait until Test-EdgeSynchronization says Normal, then run again.",
    );
  const certificates = await listCertificates(session);
  const serving = (service: string): string | null => certificates.find(({ services }) => services?.includes(service))?.thumbprint ?? null;
  return {
    taken: (await hostTime(session)).toISOString(),
    edge: edge.name,
    site: subscription.site,
    bound,
    default: await defaultThumbprint(session),
    certificates: certificates.map(({ thumbprint }) => thumbprint),
    byName: { POP: serving("POP"), IMAP: serving("IMAP") },
  };
}

/** How often EdgeSync is started at most while it refuses. */
const ATTEMPTS = 6;

/** Starts EdgeSync until it succeeds, within the patience; false when it never did. */
export async function synchronises(site: Site, signal: AbortSignal = site.signal, attempts = ATTEMPTS): Promise<boolean> {
  const { fqdn } = site.edge.session.facts;
  for (let attempt = 1; ; attempt++) {
    const runs = await startSynchronization(site.insideLeased, fqdn).catch((error: unknown) => {
      if (isExchangeError(error, "CMDLET_FAILED")) return [];
      throw error;
    });
    if (runs.length > 0 && runs.every(({ result }) => result === "Success")) return true;
    if (attempt >= attempts) return false;
    await delay(site.patienceMs / (ATTEMPTS - 1), signal);
  }
}

/** Binds the Edge's default certificate as it is now. EdgeSync may refuse for five minutes. */
export async function subscribe(site: Site, signal: AbortSignal = site.signal): Promise<boolean> {
  const file = await exportSubscription(site.leased);
  const exported = await edgeNow(site);
  await restart(site, ADLDS);
  await imported(site, file, { exported, signal });
  return synchronises(site, signal);
}

/** Imports a file that the Edge has just written; EdgeSync is not asked. */
export async function imported(
  site: Site,
  file: Buffer,
  { exported, signal = site.signal }: { exported?: Date; signal?: AbortSignal } = {},
) {
  await waitUntilPast(site.inside.session, exported ?? (await edgeNow(site)), signal);
  await importSubscription(site.insideLeased, { file, site: site.before.site, createInternet: false, createInbound: false });
}

/** A connector of the kit's own. One at a time: it has a fixed name, so that it can be found again. */
export async function makeConnector({ insideLeased }: Site, properties: { [name: string]: Value }): Promise<void> {
  await insideLeased.invoke("New-SendConnector", { Name: MARK, Usage: "Custom", Confirm: false, ...properties }, ["Name"]);
}

/** An address space that nobody writes to. */
export const nobodysSpace = (): string => `SMTP:px-${randomBytes(6).toString("hex")}.conformance.invalid;100`;

/** Null where the connector took the settings, else the refusal. */
export async function refusedSettings({ insideLeased }: Site, settings: { [name: string]: Value }): Promise<string | null> {
  try {
    await insideLeased.invoke("Set-SendConnector", { Identity: MARK, Confirm: false, ...settings }, []);
    return null;
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED")) return asExchangeError(error).sentence;
    throw error;
  }
}

/** Ids of events that the Mailbox server has written since a moment of its own clock. */
export async function eventsSince({ inside }: Site, since: Date, source: string, ids: number[]): Promise<number[]> {
  const { events } = await inside.session.request("events.read", { since: since.toISOString(), sources: [source], ids, max: 100 });
  return [...new Set(events.map(({ id }) => id))];
}

export const insideNow = ({ inside }: Site): Promise<Date> => hostTime(inside.session);
