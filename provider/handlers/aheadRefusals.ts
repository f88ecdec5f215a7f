/** What speaks against a whole run, in order (refusals.ts): known before the first server is changed. */
import { ExchangeError } from "../base/errors";
import { defaultThumbprint, listCertificates, mailboxServers } from "../exchange/certificates";
import { connectorIn, outlineConnectors, sourcesOf, tlsNameOf } from "../exchange/sendConnectors";
import { equalNames } from "../exchange/shell";
import { listSites } from "../exchange/sites";
import { listSubscriptions, sameSite, subscribedEdges } from "../exchange/subscriptions";
import { sameTlsCertificateName } from "../pki";
import type { HostSession } from "../remote/sessions";
import { NOT_SUBSCRIBED, otherName, refusedAfterStart } from "./afterStart";
import type { AheadFacts } from "./aheadFacts";
import { requireRole, serverName } from "./outcome";
import { where, type Chain } from "./refusals";
import { refuseOtherSite, refuseUnknownSite } from "./site";

const unopened = where<AheadFacts>(({ windowOpen }) => !windowOpen);

export const STACK_REFUSALS: Chain<AheadFacts> = [
  refuseOtherRole,
  refuseSameServer,
  refuseOtherName,
  unopened(refuseWrongSite),
  unopened(refuseForeignSource),
  unopened(refuseAfterStart),
];

/** @throws ROLE_MISMATCH */
function refuseOtherRole({ seen }: AheadFacts): void {
  for (const { server, session } of seen) requireRole(session, server.role, serverName(server.host));
}

/** Two Edges of the program that are one. @throws HOST_IS_ANOTHER_SERVER */
function refuseSameServer({ seen }: AheadFacts): void {
  const edges = seen.filter(({ server }) => server.role === "Edge");
  for (const [index, one] of edges.entries()) {
    const first = edges.findIndex(({ session }) => equalNames(session.facts.fqdn, one.session.facts.fqdn));
    if (first === index) continue;
    const names = [edges[first], one].map(({ server }) => serverName(server.host)).join(" and ");
    throw another(one.session.facts.name, `The connections for ${names} both lead to ${one.session.facts.fqdn}.`);
  }
}

/** A connection under the name of another server that there is: addresses were swapped. An alias is nobody's name and passes. @throws HOST_IS_ANOTHER_SERVER */
async function refuseOtherName({ seen, organization }: AheadFacts): Promise<void> {
  const aliased = seen.filter(({ server, session }) => !isNamed(session.facts, serverName(server.host)));
  if (aliased.length === 0) return;
  const inside = organization ? await mailboxServers(organization) : [];
  const edges = organization ? await subscribedEdges(organization) : [];
  const names = [...seen.map(({ session }) => session.facts.name), ...inside, ...edges];
  for (const { server, session } of aliased) {
    const name = serverName(server.host);
    if (names.some((one) => equalNames(one, name)))
      throw another(session.facts.name, `The connection for ${name} leads to ${session.facts.fqdn}.`);
  }
}

const isNamed = ({ name, fqdn }: { name: string; fqdn: string }, declared: string): boolean =>
  equalNames(name, declared) || equalNames(fqdn, declared);

function another(host: string, sentence: string): ExchangeError {
  return new ExchangeError("HOST_IS_ANOTHER_SERVER", sentence, {
    host,
    hint: "Correct the addresses of the servers that the message names.",
  });
}

/** @throws SITE_UNKNOWN */
async function refuseWrongSite({ ahead: { site }, seen, organization }: AheadFacts): Promise<void> {
  if (site === undefined || !organization) return;
  refuseUnknownSite(site, await listSites(organization), organization.facts.name);
  const subscriptions = await listSubscriptions(organization);
  for (const { server, session } of seen) {
    if (server.role !== "Edge") continue;
    const own = subscriptions.find((one) => equalNames(one.name, session.facts.name));
    if (own && !sameSite(own.site, site)) refuseOtherSite(session.facts.name, own.site, site);
  }
}

/**
 * The program's send connectors flip last, when every Edge has been rotated; one that still sends through a server which the program
 * no longer has could not flip then. @throws SOURCE_WITHOUT_CERTIFICATE
 */
async function refuseForeignSource({ ahead, seen, organization, certificateName }: AheadFacts): Promise<void> {
  if (!organization || !ahead.connectors?.length) return;
  const declared = seen.filter(({ server }) => server.role === "Edge").map(({ session }) => session.facts.name.toUpperCase());
  const bags = await outlineConnectors(organization);
  for (const { connector, tlsCertificateName = certificateName } of ahead.connectors) {
    const bag = connectorIn(bags, connector);
    if (!bag || tlsCertificateName === undefined || sameTlsCertificateName(tlsNameOf(bag), tlsCertificateName)) continue;
    const foreign = sourcesOf(bag).filter((name) => !declared.includes(name));
    if (foreign.length === 0) continue;
    const sentence = `${foreign.join(", ")}: source of "${connector}", whose name is about to change, and not in the program: nobody knows whether the new name resolves there.`;
    const hint = `Take ${foreign.join(", ")} out of the connector's SourceTransportServers, or declare it with the certificate.`;
    throw new ExchangeError("SOURCE_WITHOUT_CERTIFICATE", sentence, { host: foreign[0], hint });
  }
}

/**
 * Before copies are made: an Edge that is not subscribed yet, and a certificate that has the name of no Edge's default. Whose certificate
 * it is, each Edge's own refusal knows. @throws AFTER_START_REFUSED
 */
async function refuseAfterStart({ ahead, seen, organization, certificateName }: AheadFacts): Promise<void> {
  if (ahead.synchronise !== "afterStart" || !organization) return;
  const edges = seen.filter(({ server }) => server.role === "Edge").map(({ session }) => session);
  if (edges.length === 0) return;
  const subscribed = await subscribedEdges(organization);
  const first = edges.find(({ facts: { name } }) => !subscribed.some((one) => equalNames(one, name)));
  if (first) throw refusedAfterStart(first.facts.name, NOT_SUBSCRIBED);
  if (certificateName === undefined) return;
  const names = await Promise.all(edges.map(defaultName));
  if (names.some((name) => name === null || otherName(name, certificateName) === null)) return;
  throw refusedAfterStart(edges[0].facts.name, otherName(names[0]!, certificateName)!);
}

/** Null where it is not known. */
async function defaultName(edge: HostSession): Promise<string | null> {
  const [installed, current] = await Promise.all([listCertificates(edge), defaultThumbprint(edge)]);
  return installed.find(({ thumbprint }) => thumbprint === current)?.tlsCertificateName ?? null;
}
