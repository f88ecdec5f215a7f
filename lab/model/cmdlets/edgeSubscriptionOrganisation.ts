/** New-, Get- and Remove-EdgeSubscription in the organisation. // 4.1, 4.3, [L15] 15.6, 15.7 */
import { randomUUID } from "node:crypto";
import { defaultEdgeConnector, derived, identity, inboundConnectorName, internetConnectorName, touch } from "../connectors";
import { writeCredentials } from "../credentials";
import { Directory, type EdgeObject } from "../directory";
import { hasSource } from "../edgesyncReplicate";
import type { SubscriptionFile } from "../subscriptionFile";
import type { Call, Objects } from "./binding";
import { arrived } from "./remoting";
import { missingParameter, promptRefused, taskError } from "./errors";
import { filtered } from "./filtered";
import { checkClock, checkSite, checkVersion, knownSite, load, refusal } from "./subscriptionChecks";

const SITE_LIMIT = 41;

export function importSubscription(call: Call): Objects {
  const { world } = call.lab;
  const missing = ["FileData", "Site"].filter((name) => call.values[name] === undefined || call.values[name] === null);
  if (missing.length > 0) throw missingParameter(call, missing);
  const file = load(call);
  checkClock(call, file);
  const site = knownSite(call);
  checkVersion(call, file, site);
  checkSite(call, file, site);
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
    versionNumber: file.VersionNumber,
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
    if (!old)
      sendConnectors.set(name, defaultEdgeConnector(world.directory, kind, edge.site, edge.name, now, world.toggles.inboundConnectorCost));
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
  return filtered(call, all, (edge) => [edge.name, edge.fqdn, edge.guid]).map((edge) => subscriptionObject(call, edge));
}

const TYPE = "Microsoft.Exchange.Management.SystemConfigurationTasks.EdgeSubscriptionInfo";

/** No certificate, version or expiry. // [L15] 15.7 */
function subscriptionObject(call: Call, edge: EdgeObject): { [property: string]: unknown } {
  const { directory } = call.lab.world;
  return {
    Site: `${directory.domain}/Configuration/Sites/${edge.site}`,
    Domain: edge.domain,
    AdminDisplayName: "",
    ExchangeVersion: "0.1 (8.0.535.0)",
    ...identity(edge.name, edge.name, directory.serverDn(edge.name), directory, edge.whenCreated, "ms-Exch-Exchange-Server"),
    ObjectClass: ["top", "server", "msExchExchangeServer"],
    Guid: edge.guid,
    WhenChanged: edge.whenChanged,
    WhenChangedUTC: edge.whenChanged,
    ...arrived(call, TYPE),
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
