/** A live organisation as a scenario of the lab. Nothing is changed on any server, and no key or secret is read. */
import type { CopiedServer, Copy } from "../../../lab/model/copySchema";
import type { ScenarioInput } from "../../../lab/model/scenarioSchema";
import { ExchangeError, isExchangeError } from "../../base/errors";
import type { Certificate } from "../../pki";
import type { HostConnection } from "../../remote/hosts";
import { openSession, type HostSession } from "../../remote/sessions";
import { probeLdaps } from "../../probes/ldaps";
import { ldapsDoor, smtpDoor } from "../../probes/doors";
import { probeStarttls } from "../../probes/starttls";
import type { Hosts } from "../hostsFile";
import { lookAtServer } from "./host";
import { lookAtOrganisation, type OrganisationLook } from "./organisation";
import { Reading } from "./reading";
import { STORE_ORDER, trustOf } from "./store";

interface Opened {
  host: HostConnection;
  session: HostSession;
}

export type Snapshot = ScenarioInput & { copy: Copy };

/** What could not be read and could have been: the order of a store never can. */
export const missingIn = ({ copy }: Snapshot): Copy["unread"] => copy.unread.filter(({ what }) => what !== STORE_ORDER);

/** @throws INVALID_ARGUMENT when no server can be entered, or none is a Mailbox server */
export async function takeSnapshot(hosts: Hosts, hours: number, now = new Date()): Promise<Snapshot> {
  const reading = new Reading();
  const entered = await Promise.all(
    [...hosts].map(async ([name, host]) => reading.attempt(name, "the server", async () => ({ host, session: await openSession(host) }))),
  );
  const opened = entered.filter((one) => one !== undefined).filter(({ session }) => session.facts.role !== "None");
  const organisation = opened.find(({ session }) => session.facts.role === "Mailbox")?.session;
  if (!organisation) throw withoutOrganisation(reading);
  // One after the other would be slow, and each server is read by its own agent.
  const looks = await Promise.all(
    opened.map(async ({ session }) => [session.facts.name, await lookAtServer(session, hours, reading)] as const),
  );
  const whole = await lookAtOrganisation(organisation, reading);
  const servers: Copy["servers"] = Object.fromEntries(looks);
  // The doors come last: a look makes transport judge its certificates, and so may write events.
  await Promise.all(opened.map((one) => lookAtDoors(one, organisation, servers, reading)));
  await Promise.all(opened.map(({ session }) => askForIssuers(session, servers[session.facts.name], reading)));
  noteMissing(whole, opened, reading);
  for (const server of Object.values(servers)) nameRoots(server, reading.certificates);
  return assemble(whole, opened, servers, reading, now);
}

function withoutOrganisation({ unread }: Reading): ExchangeError {
  const first = unread[0] ? ` ${unread[0].host}: ${unread[0].why}` : "";
  return new ExchangeError("INVALID_ARGUMENT", `No Mailbox server of the hosts file could be read.${first}`, {
    hint: "Name the Edges and at least one Mailbox server of their organisation in the hosts file.",
  });
}

/** STARTTLS of every server and LDAPS of the Edges; the intermediates that they send are taken along. */
async function lookAtDoors(
  { host, session }: Opened,
  organisation: HostSession,
  servers: Copy["servers"],
  reading: Reading,
): Promise<void> {
  const { name, fqdn, role } = session.facts;
  const server = servers[name];
  const service = role === "Edge" ? "MSExchangeTransport" : "MSExchangeFrontEndTransport";
  const issuers = new Set<string>();
  const take = (chain: readonly Buffer[]): string => {
    for (const der of chain.slice(1)) {
      const thumbprint = reading.seen(der);
      if (reading.certificates.get(thumbprint)!.selfSigned) server.roots[thumbprint] ??= "";
      else issuers.add(thumbprint);
    }
    return reading.seen(chain[0]);
  };
  if (server.services[service]?.status === "Running") {
    const look = await reading.attempt(name, "the STARTTLS door", () => answered(probeStarttls(smtpDoor(host, session), { name: fqdn })));
    if (look?.offered) server.starttls = take(look.chain);
  }
  if (role === "Edge" && server.services.ADAM_MSExchange?.status === "Running") {
    const look = await reading.attempt(name, "the LDAPS door", () =>
      answered(probeLdaps(ldapsDoor(host, organisation, fqdn), { name: fqdn })),
    );
    if (look) server.ldaps = take(look.chain);
  }
  server.issuers = [...issuers].sort();
  // AD LDS may present what the store has no more.
  for (const thumbprint of [server.starttls, server.ldaps].filter((one) => one !== null)) {
    const certificate = reading.certificates.get(thumbprint)!;
    if (certificate.selfSigned || server.store.some((one) => one.thumbprint === thumbprint)) continue;
    const trust = await trustOf(session, reading, certificate.der);
    if (trust && trust.root !== null && trust.status !== "Untrusted") server.roots[trust.root] ??= "";
  }
}

/** Which of the authorities that were seen anywhere the server has in its stores. */
async function askForIssuers(session: HostSession, server: CopiedServer, reading: Reading): Promise<void> {
  const authorities = [...reading.certificates.values()].filter(({ isCa }) => isCa);
  if (authorities.length === 0) return;
  const thumbprints = authorities.map(({ thumbprint }) => thumbprint);
  const answer = await reading.attempt(session.facts.name, "chain.status", () => session.request("chain.status", { thumbprints }));
  const present = authorities.filter(({ thumbprint }) => answer?.present.includes(thumbprint));
  for (const { thumbprint, selfSigned } of present) if (selfSigned) server.roots[thumbprint] ??= "";
  const issuers = present.filter(({ selfSigned }) => !selfSigned).map(({ thumbprint }) => thumbprint);
  server.issuers = [...new Set([...server.issuers, ...issuers])].sort();
}

/** A closed door presents nothing, which is an answer; one that nobody could look at is not. */
async function answered<T>(look: Promise<T>): Promise<T | null> {
  try {
    return await look;
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return null;
    throw error;
  }
}

/** A root that nobody sends is known by the name that the last certificate below it gives. */
function nameRoot(server: CopiedServer, leaf: Certificate, root: string, certificates: ReadonlyMap<string, Certificate>): void {
  if (server.roots[root]) return;
  const issuers = server.issuers.map((one) => certificates.get(one)!);
  let top = leaf;
  for (let depth = 0; depth < issuers.length; depth++) top = issuers.find((one) => one.subject === top.issuer) ?? top;
  const seen = certificates.get(root);
  // Without the intermediates the name above the leaf would be one of theirs.
  server.roots[root] = seen ? seen.subject : top !== leaf || issuers.length === 0 ? top.issuer : "";
}

/** Whatever was seen of the server may lead to a root: what is in its store, and what its doors present. */
function nameRoots(server: CopiedServer, certificates: ReadonlyMap<string, Certificate>): void {
  for (const { thumbprint, root } of server.store)
    if (root !== null && root in server.roots) nameRoot(server, certificates.get(thumbprint)!, root, certificates);
  const unnamed = Object.keys(server.roots).filter((root) => server.roots[root] === "");
  const presented = [server.ldaps, server.starttls].filter((one) => one !== null);
  if (unnamed.length === 1 && presented.length > 0) nameRoot(server, certificates.get(presented[0])!, unnamed[0], certificates);
}

/** Servers of the organisation that the hosts file does not name. */
function noteMissing({ mailboxServers, edges }: OrganisationLook, opened: readonly Opened[], reading: Reading): void {
  const entered = new Set(opened.map(({ session }) => session.facts.name.toUpperCase()));
  const named = new Set(reading.unread.map(({ host }) => host.toUpperCase()));
  for (const name of [...mailboxServers, ...edges.map((one) => one.name)])
    if (!entered.has(name.toUpperCase()) && !named.has(name.toUpperCase()))
      reading.note(name, "the server", "the hosts file does not name it");
}

function assemble(
  whole: OrganisationLook,
  opened: readonly Opened[],
  servers: Copy["servers"],
  { certificates, unread }: Reading,
  now: Date,
): Snapshot {
  const { organisation, domain, sites, siteOf, mailboxServers: _all, ...rest } = whole;
  const list = opened.map(({ session: { facts } }) => ({
    name: facts.name,
    fqdn: facts.fqdn,
    role: facts.role as "Edge" | "Mailbox",
    ...(facts.role === "Mailbox" ? { site: siteOf.get(facts.name.toUpperCase()) || sites[0] } : {}),
    version: facts.exchange ?? undefined,
    setup: false,
  }));
  const sorted = [...certificates.values()].sort((a, b) => (a.thumbprint < b.thumbprint ? -1 : 1));
  return {
    name: organisation,
    description: `A copy of ${organisation}, read on ${now.toISOString().slice(0, 10)}: see \`copy\`.`,
    organisation,
    domain,
    sites,
    servers: list,
    copy: {
      taken: now.toISOString(),
      anonymised: false,
      unread: unread.sort((a, b) => a.host.localeCompare(b.host) || a.what.localeCompare(b.what)),
      certificates: Object.fromEntries(sorted.map(({ thumbprint, der }) => [thumbprint, der.toString("base64")])),
      ...rest,
      servers,
    },
  };
}
