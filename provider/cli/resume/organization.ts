/** The organisation's host of an Edge's rotation: the one that the journal names, because the records of the site lie there. */
import { ExchangeError } from "../../base/errors";
import { equalNames } from "../../exchange/shell";
import { requireRole } from "../../handlers/outcome";
import type { HostConnection } from "../../remote/hosts";
import { openSession, type HostSession } from "../../remote/sessions";
import { noWayIn } from "../exit";
import { hostNamed, type Hosts } from "../hostsFile";

export interface Search {
  hosts: Hosts;
  /** For messages. */
  file: string;
  /** Name of the Edge in the hosts file. */
  edge: string;
  /** `--organization`. */
  asked?: string;
  /** Full name from the journal; null when no journal is there or it names none. */
  named: string | null;
}

/** @throws INVALID_ARGUMENT when the journal names a server that the hosts file does not */
export async function openOrganization(search: Search): Promise<HostSession | null> {
  const { hosts, file, edge, asked, named } = search;
  if (asked !== undefined) return refuseOther(await open(hostNamed(hosts, asked, file)), named);
  const others = [...hosts].filter(([name]) => !equalNames(name, edge));
  if (named === null) return firstMailbox(others);
  const likely = others.find(([name, host]) => [name, host.host].some((one) => equalNames(one, named) || equalNames(one, label(named))));
  if (likely) return refuseOther(await open(likely[1]), named);
  for (const [, host] of others) {
    const session = await quietly(host);
    if (session && equalNames(session.facts.fqdn, named)) return session;
  }
  throw new ExchangeError(
    "INVALID_ARGUMENT",
    `The journal of ${edge} names ${named} as the organisation's host; ${file} has no such server.`,
    {
      hint: `Add ${named} to the hosts file: the connector snapshot and the site's window lie there.`,
    },
  );
}

function label(fqdn: string): string {
  return fqdn.split(".")[0];
}

async function open(host: HostConnection): Promise<HostSession> {
  const session = await openSession(host);
  requireRole(session, "Mailbox", "organization");
  return session;
}

function refuseOther(session: HostSession, named: string | null): HostSession {
  if (named === null || equalNames(session.facts.fqdn, named)) return session;
  throw new ExchangeError("INVALID_ARGUMENT", `The records of this rotation lie on ${named}, not on ${session.facts.fqdn}.`, {
    hint: `Name ${named} in the hosts file.`,
  });
}

async function firstMailbox(others: [string, HostConnection][]): Promise<HostSession | null> {
  for (const [, host] of others) {
    const session = await quietly(host);
    if (session?.facts.role === "Mailbox") return session;
  }
  return null;
}

/** A server that is only tried; one that cannot be entered is passed over. */
async function quietly(host: HostConnection): Promise<HostSession | null> {
  try {
    return await openSession(host);
  } catch (error) {
    if (noWayIn(error)) return null;
    throw error;
  }
}
