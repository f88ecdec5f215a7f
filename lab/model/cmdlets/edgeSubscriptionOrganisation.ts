/** New-, Get- and Remove-EdgeSubscription in the organisation. // 4.1, 4.3, [L15] 15.6, 15.7 */
import { randomUUID } from "node:crypto";
import { defaultEdgeConnector, derived, inboundConnectorName, internetConnectorName, touch } from "../connectors";
import { writeCredentials } from "../credentials";
import { Directory, type EdgeObject } from "../directory";
import { hasSource } from "../edgesyncReplicate";
import { readSubscriptionFile, type SubscriptionFile } from "../subscriptionFile";
import { certificateOfBlob } from "../x509";
import type { Call, Objects } from "./binding";
import { remoting } from "./remoting";
import { missingParameter, promptRefused, taskError } from "./errors";

const SITE_LIMIT = 41;
/** now + 5 min past the end is too soon. // [L15] 15.5 */
const TO_SPARE = 5 * 60_000;

export function importSubscription(call: Call): Objects {
  const { world } = call.lab;
  const missing = ["FileData", "Site"].filter((name) => call.values[name] === undefined || call.values[name] === null);
  if (missing.length > 0) throw missingParameter(call.cmdlet, missing);
  const file = load(call);
  checkClock(call, file);
  const site = checkSite(call, file);
  const flags = { internet: call.values.CreateInternetSendConnector !== false, inbound: call.values.CreateInboundSendConnector !== false };
  if ((flags.internet || flags.inbound) && site.length > SITE_LIMIT)
    throw refusal(call, "SiteNameTooLong", `The name of site '${site}' has more than ${SITE_LIMIT} characters.`);
  call.warn(
    `EdgeSync requires that the Mailbox servers in Active Directory site ${site} are able to resolve the IP address for ${file.EdgeServerFQDN} and are able to connect to that host on port ${file.AdamSslPort}.`,
  );
  if (call.values.WhatIf) return [];
  const edge = writeEdge(call, file, site);
  writeCredentials(world, file, site, world.clock.now(call.server.name));
  writeConnectors(call, edge, flags);
  world.serverObjectChanged();
  world.reachChanged();
  world.changed();
  return [subscriptionObject(call, edge)];
}

const refusal = (call: Call, type: string, message: string) => taskError(call.cmdlet, `${type}Exception`, "InvalidArgument", message);

/** Fields, certificate, and no key of a Hub; another Edge with the same key is accepted. // [L15] 15.5, 15.6 */
function load(call: Call): SubscriptionFile {
  const { world } = call.lab;
  const file = readSubscriptionFile(call.values.FileData as Uint8Array);
  const failed = (reason: string) =>
    refusal(call, "InvalidSubscriptionFile", `The subscription file failed to load for the following reason: ${reason}`);
  if (!file) throw failed("The file isn't an Edge Subscription file.");
  const certificate = certificateOfBlob(file.EdgeCertificateBlob);
  if (![file.EdgeServerFQDN, file.EdgeServerName, file.ESRAUsername, file.ESRAPassword].every(Boolean) || !certificate)
    throw failed("The file is incomplete.");
  const twin = world.mailboxServers.some((server) => world.defaultCertificate(server)?.publicKeySha256 === certificate.publicKeySha256);
  // [SEED2]
  if (twin)
    throw refusal(
      call,
      "EdgeAndHubSharingSameDirectTrustCertNotAllowed",
      `The subscription file failed to load for the following reason: The direct trust certificate of the subscribed Edge Transport server with the thumbprint ${certificate.thumbprint} is a duplicate of the certificate of one of the Hub Transport servers. Sharing the same certificate between Edge and Hub Transport servers is not allowed`,
    );
  return file;
}

/** Judged by the importing machine's clock. // [L15] 15.5 */
function checkClock(call: Call, file: SubscriptionFile): void {
  const { world } = call.lab;
  const now = world.clock.now(call.server.name).getTime();
  if (file.EffectiveDate.getTime() > now)
    throw refusal(
      call,
      "ClockOutofSync",
      "The clocks of the Edge Transport server and of this server are out of sync: the Edge Subscription file is not valid yet.",
    );
  const end = file.EffectiveDate.getTime() + file.Duration * 1000;
  if (now + TO_SPARE > end)
    throw refusal(
      call,
      "BootstrapAccountExpireTooSoon",
      "The bootstrap account of the Edge Subscription file has expired or will expire too soon. Create a new Edge Subscription file.",
    );
}

function checkSite(call: Call, file: SubscriptionFile): string {
  const { world } = call.lab;
  const wanted = String(call.values.Site);
  const site = world.directory.sites.find((name) => name.toLowerCase() === wanted.toLowerCase());
  if (!site)
    throw refusal(
      call,
      "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFound",
      `Couldn't find Active Directory site '${wanted}'.`,
    );
  if (world.hubsOf(site).length === 0)
    throw refusal(call, "NoHubInSubscribedSite", `Active Directory site '${site}' has no Mailbox server with the Transport service.`);
  if (world.mailboxServers.some((server) => server.name.toLowerCase() === file.EdgeServerName.toLowerCase()))
    throw refusal(call, "ServerNameConflict", `A server with the name '${file.EdgeServerName}' exists already in the organization.`);
  const old = Directory.find(world.directory.edges, file.EdgeServerName);
  if (old && old.site.toLowerCase() !== site.toLowerCase())
    throw refusal(
      call,
      "CannotSubscribeToMultipleSites",
      `Edge Transport server '${old.name}' is subscribed to Active Directory site '${old.site}' already.`,
    );
  return site;
}

/** Existing subscription: object kept, attributes overwritten. // [L15] 15.6 */
function writeEdge(call: Call, file: SubscriptionFile, site: string): EdgeObject {
  const { world } = call.lab;
  const now = world.clock.now(call.server.name);
  const old = Directory.find(world.directory.edges, file.EdgeServerName);
  const values = {
    fqdn: file.EdgeServerFQDN,
    site,
    domain: file.EdgeServerFQDN.slice(file.EdgeServerFQDN.indexOf(".") + 1),
    internalCertificate: file.EdgeCertificateBlob,
    version: file.SerialNumber,
    sslPort: file.AdamSslPort,
    whenChanged: now,
  };
  if (old && !world.toggles.overwriteKeepsSources) dropFromSources(call, old.name, false);
  const edge: EdgeObject = old
    ? Object.assign(old, values)
    : { name: file.EdgeServerName, guid: randomUUID(), whenCreated: now, ...values };
  world.directory.edges.set(edge.name, edge);
  return edge;
}

/** The default connectors keep their sources, others are never touched; with both flags false nothing changes. // [L15] 15.6 */
function writeConnectors(call: Call, edge: EdgeObject, flags: { internet: boolean; inbound: boolean }): void {
  const { world } = call.lab;
  const { sendConnectors } = world.directory;
  const now = world.clock.now(call.server.name);
  for (const kind of ["internet", "inbound"] as const) {
    if (!flags[kind]) continue;
    const name = kind === "internet" ? internetConnectorName(edge.site) : inboundConnectorName(edge.site);
    const old = sendConnectors.get(name);
    if (!old) sendConnectors.set(name, defaultEdgeConnector(world.directory, kind, edge.site, edge.name, now));
    else if (!hasSource(old, edge.name))
      sendConnectors.set(
        name,
        derived(touch({ ...old, SourceTransportServers: [...(old.SourceTransportServers as string[]), edge.name] }, now)),
      );
  }
  world.connectorsChanged(null);
}

export function getSubscriptions(call: Call): Objects {
  const { world } = call.lab;
  const all = [...world.directory.edges.values()];
  const identity = call.values.Identity as string | null | undefined;
  const wanted = identity?.toLowerCase();
  const found = wanted ? all.filter((edge) => [edge.name, edge.fqdn, edge.guid].some((known) => known.toLowerCase() === wanted)) : all;
  if (wanted && found.length === 0 && world.toggles.getWrongIdentity !== "all")
    throw taskError(
      call.cmdlet,
      "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException",
      "InvalidData",
      `The operation couldn't be performed because object '${identity}' couldn't be found.`,
    );
  return (wanted && found.length === 0 ? all : found).map((edge) => subscriptionObject(call, edge));
}

/** No certificate, version or expiry. // [L15] 15.7 */
function subscriptionObject(call: Call, edge: EdgeObject): { [property: string]: unknown } {
  const dn = call.lab.world.directory.serverDn(edge.name);
  return {
    Site: `${call.lab.world.directory.domain}/Configuration/Sites/${edge.site}`,
    Domain: edge.domain,
    Name: edge.name,
    DistinguishedName: dn,
    Identity: edge.name,
    Guid: edge.guid,
    WhenChanged: edge.whenChanged,
    WhenCreated: edge.whenCreated,
    WhenChangedUTC: edge.whenChanged,
    WhenCreatedUTC: edge.whenCreated,
    IsValid: true,
    ObjectState: "Unchanged",
    ...remoting(call.server),
  };
}

/** The Edge leaves every connector; connectors whose only source it was are deleted; the Edge is not contacted. // [L15] 15.7 */
export function removeInOrganisation(call: Call): Objects {
  const { world } = call.lab;
  const identity = String(call.values.Identity);
  const edge = [...world.directory.edges.values()].find((edge) =>
    [edge.name, edge.fqdn].some((known) => known.toLowerCase() === identity.toLowerCase()),
  );
  if (!edge)
    throw taskError(call.cmdlet, "WrongSubscriptionIdentityException", "InvalidArgument", `'${identity}' is not an Edge Subscription.`);
  if (call.values.Confirm !== false && !call.values.WhatIf)
    throw promptRefused(call.cmdlet, `Are you sure you want to perform this action? Removing the Edge Subscription "${edge.name}".`);
  if (call.values.WhatIf) return [];
  dropFromSources(call, edge.name, true);
  for (const hub of world.directory.hubs.values()) hub.credentials = hub.credentials.filter((credential) => credential.edge !== edge.name);
  world.directory.edges.delete(edge.name);
  world.serverObjectChanged();
  world.connectorsChanged(null);
  world.reachChanged();
  world.changed();
  return [];
}

function dropFromSources(call: Call, edge: string, deleteEmpty: boolean): void {
  const { world } = call.lab;
  const { sendConnectors } = world.directory;
  for (const [name, bag] of [...sendConnectors]) {
    if (!hasSource(bag, edge)) continue;
    const rest = (bag.SourceTransportServers as string[]).filter((source) => source.toLowerCase() !== edge.toLowerCase());
    if (rest.length === 0 && deleteEmpty) sendConnectors.delete(name);
    else sendConnectors.set(name, derived(touch({ ...bag, SourceTransportServers: rest }, world.clock.now(call.server.name))));
  }
}
