/** Reads what `diagnose` needs, all hosts at once. Only Get- and Test- cmdlets, events, services and looks at doors: nothing is changed. */
import { asExchangeError, type ExchangeError } from "../../base/errors";
import type { Facts, HostFact } from "../../exchange/symptoms";
import type { HostSession } from "../../remote/sessions";
import { openSession } from "../../remote/sessions";
import type { HostConnection } from "../../remote/hosts";
import { readDirectories } from "../directories";
import type { Hosts } from "../hostsFile";
import { ldapsDoorOf, starttlsDoorOf } from "./doors";
import { lookAtHost, type Attempt } from "./host";
import { subscriptionsIn } from "./subscriptions";

/** A host, or a part of it, that could not be looked at. */
export interface Unread {
  host: string;
  error: ExchangeError;
}

export interface Gathered {
  facts: Facts;
  unread: Unread[];
}

/** A lost connection fails every part that comes after it: told once. */
function note(unread: Unread[], { host, error }: Unread): void {
  const known = unread.some((one) => one.host === host && one.error.code === error.code && one.error.sentence === error.sentence);
  if (!known) unread.push({ host, error });
}

interface Opened {
  host: HostConnection;
  session: HostSession;
}

/** @param hours how far back the event logs are read */
export async function gatherFacts(hosts: Hosts, hours: number): Promise<Gathered> {
  const unread: Unread[] = [];
  const attempt = async <T>(host: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      note(unread, { host, error: asExchangeError(error) });
      return undefined;
    }
  };
  const opened = (
    await Promise.all([...hosts].map(([name, host]) => attempt(name, async () => ({ host, session: await openSession(host) }))))
  ).filter((one) => one !== undefined);
  const directories = await attempt("directory", () => readDirectories(hosts));
  const looks = await Promise.all(
    opened.map(async (one) => {
      const { name, fqdn, role } = one.session.facts;
      // An Edge's configuration is its own (exchange.md 15.1).
      const view = (role === "Mailbox" && directories?.of(one.host, fqdn)) || null;
      return { one, fact: await attempt(name, () => lookAtHost(one.session, hours, (work) => attempt(name, work), view)) };
    }),
  );
  const read = looks.flatMap(({ one, fact }) => (fact ? [{ ...one, fact }] : []));
  const organisation = opened.find(({ session }) => session.facts.role === "Mailbox")?.session;
  await Promise.all(read.map((one) => lookAtDoors(one, organisation, (work) => attempt(one.fact.name, work))));
  return { facts: { hosts: read.map(({ fact }) => fact), published: directories?.all.flatMap(subscriptionsIn) ?? [] }, unread };
}

/** The doors come last: their looks make transport judge its certificates, and so may write events. */
async function lookAtDoors(
  { host, session, fact }: Opened & { fact: HostFact },
  organisation: HostSession | undefined,
  attempt: Attempt,
): Promise<void> {
  const [starttls = null, ldaps = null] = await Promise.all([
    attempt(() => starttlsDoorOf(host, session, fact)),
    attempt(() => ldapsDoorOf(host, session, fact, organisation)),
  ]);
  fact.starttls = starttls;
  fact.ldaps = ldaps;
}
