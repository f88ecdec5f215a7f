/** Cmdlets that look at servers, queues, domains, hybrid configuration and health. */
import type { Bag, Server } from "../server";
import { TlsName } from "../tlsName";
import { collection, CONFIRM, domainController, type Call, type Cmdlet, type Objects } from "./binding";
import { remoting } from "./certificateObject";
import { notFound, taskError, wrongType } from "./errors";
import { Directory } from "../directory";
import { monitors } from "../health";

/** Servers that the shell of `call` sees: an Edge itself alone. */
function servers(call: Call): Server[] {
  return call.server.role === "Edge" ? [call.server] : call.lab.world.mailboxServers;
}

function filtered<T>(call: Call, all: T[], fits: (item: T, wanted: string) => boolean, identity = call.values.Identity as string | null | undefined): T[] {
  if (!identity) return all;
  const found = all.filter((item) => fits(item, identity.toLowerCase()));
  if (found.length > 0) return found;
  if (call.lab.world.toggles.getWrongIdentity === "all") return all;
  throw notFound(call.cmdlet, identity);
}

interface Transporting {
  name: string;
  fqdn: string;
  thumbprint: string | null;
}

/** InternalTransportCertificateThumbprint works on Mailbox and on Edge; the organisation lists subscribed Edges too. // [microsoft/CSS-Exchange#2461] */
export const getTransportService: Cmdlet = {
  name: "Get-TransportService",
  parameters: (server) => ({ Identity: "string", ...domainController(server) }),
  run(call) {
    const { world } = call.lab;
    const own: Transporting[] = servers(call).map((server) => ({ name: server.name, fqdn: server.fqdn, thumbprint: world.defaultCertificate(server)?.thumbprint ?? null }));
    const edges = call.server.role === "Edge" ? [] : [...world.directory.edges.values()];
    const all = [...own, ...edges.map((edge) => ({ name: edge.name, fqdn: edge.fqdn, thumbprint: world.edgeCertificate(edge.name)?.thumbprint ?? null }))];
    return filtered(call, all, (item, wanted) => [item.name, item.fqdn].some((known) => known.toLowerCase() === wanted)).map((item) => ({
      Name: item.name,
      Identity: item.name,
      InternalTransportCertificateThumbprint: item.thumbprint,
      InternalDNSAdapterEnabled: true,
      ExternalDNSAdapterEnabled: true,
      MaxOutboundConnections: 1000,
      MessageExpirationTimeout: "2.00:00:00",
      TransientFailureRetryInterval: "00:10:00",
      QueueMaxIdleTime: "00:03:00",
      DistinguishedName: world.directory.serverDn(item.name),
      ...remoting(call.server),
    }));
  },
};

export const getExchangeServer: Cmdlet = {
  name: "Get-ExchangeServer",
  parameters: (server) => ({ Identity: "string", Status: "switch", ...domainController(server) }),
  run(call) {
    const { world } = call.lab;
    const own = servers(call).map((server) => ({ name: server.name, fqdn: server.fqdn, role: server.role as string, site: server.site ?? world.directory.edges.get(server.name)?.site ?? null, version: versionText(server.version) }));
    const edges = call.server.role === "Edge" ? [] : [...world.directory.edges.values()].map((edge) => ({ name: edge.name, fqdn: edge.fqdn, role: "Edge", site: edge.site, version: edge.version }));
    return filtered(call, [...own, ...edges], (item, wanted) => [item.name, item.fqdn].some((known) => known.toLowerCase() === wanted)).map((item) => ({
      Name: item.name,
      Fqdn: item.fqdn,
      Domain: item.fqdn.slice(item.fqdn.indexOf(".") + 1),
      Site: item.site ? `${world.directory.domain}/Configuration/Sites/${item.site}` : null,
      ServerRole: item.role,
      IsEdgeServer: item.role === "Edge",
      IsMailboxServer: item.role === "Mailbox",
      IsHubTransportServer: item.role === "Mailbox",
      Edition: "StandardEvaluation",
      AdminDisplayVersion: item.version,
      Identity: item.name,
      DistinguishedName: world.directory.serverDn(item.name),
      ...remoting(call.server),
    }));
  },
};

const versionText = (version: string): string => {
  const [major, minor, ...rest] = version.split(".");
  return `Version ${major}.${minor} (Build ${rest.join(".")})`;
};

export const getAcceptedDomain: Cmdlet = {
  name: "Get-AcceptedDomain",
  parameters: (server) => ({ Identity: "string", ...domainController(server) }),
  run(call) {
    const domains: Bag[] = [...(call.server.lds?.acceptedDomains ?? call.lab.world.directory.acceptedDomains).values()];
    return filtered(call, domains, (bag, wanted) => [bag.Name, bag.DomainName].some((known) => String(known).toLowerCase() === wanted)).map((bag) => ({ ...bag, ...remoting(call.server) }));
  },
};

/** A subscribed Edge refuses. // 3.2 */
function refuseOnSubscribedEdge(call: Call): void {
  if (call.server.lds?.subscribed)
    throw taskError(call.cmdlet, "CannotRunOnSubscribedEdgeException", "InvalidOperation", `The ${call.cmdlet} cmdlet can't be run on an Edge Transport server that is subscribed to an Active Directory site. Run it in the Exchange organization.`);
}

export const newAcceptedDomain: Cmdlet = {
  name: "New-AcceptedDomain",
  parameters: (server) => ({ Name: "string", DomainName: "string", DomainType: "string", ...CONFIRM, ...domainController(server) }),
  required: () => ["Name", "DomainName"],
  run(call) {
    refuseOnSubscribedEdge(call);
    const domains = call.server.lds?.acceptedDomains ?? call.lab.world.directory.acceptedDomains;
    const bag: Bag = { Name: String(call.values.Name), DomainName: String(call.values.DomainName), DomainType: String(call.values.DomainType ?? "Authoritative"), Default: domains.size === 0, Identity: String(call.values.Name) };
    domains.set(String(bag.Name), bag);
    return [bag];
  },
};

export const removeAcceptedDomain: Cmdlet = {
  name: "Remove-AcceptedDomain",
  parameters: (server) => ({ Identity: "string", ...CONFIRM, ...domainController(server) }),
  required: () => ["Identity"],
  run(call) {
    refuseOnSubscribedEdge(call);
    const domains = call.server.lds?.acceptedDomains ?? call.lab.world.directory.acceptedDomains;
    const bag = Directory.find(domains, String(call.values.Identity));
    if (!bag) throw notFound(call.cmdlet, String(call.values.Identity));
    domains.delete(String(bag.Name));
    return [];
  },
};

export const getHybridConfiguration: Cmdlet = {
  name: "Get-HybridConfiguration",
  role: "Mailbox",
  parameters: (server) => domainController(server),
  run: (call) => (call.lab.world.directory.hybrid ? [{ ...call.lab.world.directory.hybrid, ...remoting(call.server) }] : []),
};

const HYBRID_LISTS = ["ClientAccessServers", "EdgeTransportServers", "ReceivingTransportServers", "SendingTransportServers", "Domains", "Features", "ExternalIPAddresses"];

export const setHybridConfiguration: Cmdlet = {
  name: "Set-HybridConfiguration",
  role: "Mailbox",
  parameters: (server) => ({ ...Object.fromEntries(HYBRID_LISTS.map((name) => [name, "collection" as const])), OnPremisesSmartHost: "string", TlsCertificateName: "string", ...CONFIRM, ...domainController(server) }),
  run(call) {
    const { directory, clock } = call.lab.world;
    if (!directory.hybrid) throw notFound(call.cmdlet, "Hybrid Configuration");
    const next: Bag = { ...directory.hybrid };
    for (const name of HYBRID_LISTS) if (name in call.values) next[name] = collection(next[name] as string[], call.values[name]);
    if ("OnPremisesSmartHost" in call.values) next.OnPremisesSmartHost = call.values.OnPremisesSmartHost;
    if ("TlsCertificateName" in call.values) next.TlsCertificateName = tlsName(call);
    // Must be null if Edges are used. // [PS:Set-HybridConfiguration]
    if ((next.EdgeTransportServers as string[]).length > 0 && (next.ReceivingTransportServers as string[]).length > 0)
      throw taskError(call.cmdlet, "System.ArgumentException", "InvalidArgument", "ReceivingTransportServers and SendingTransportServers must be empty when EdgeTransportServers is set.");
    if (call.values.WhatIf) return [];
    const now = clock.now(call.server.name);
    directory.hybrid = { ...next, WhenChanged: now, WhenChangedUTC: now };
    call.lab.world.changed();
    return [];
  },
};

function tlsName(call: Call): string | null {
  const text = call.values.TlsCertificateName as string | null;
  if (!text) return null;
  const parsed = TlsName.parse(text);
  if (!parsed) throw wrongType(call.cmdlet, "TlsCertificateName", "Microsoft.Exchange.Data.SmtpX509Identifier");
  return parsed.toString();
}

export const getQueue: Cmdlet = {
  name: "Get-Queue",
  parameters: () => ({ Identity: "string", Server: "string", Filter: "string", Exclude: "strings", Include: "strings", ResultSize: "any" }),
  exclusive: [["Identity", "Server"]],
  run(call) {
    const named = (call.values.Server as string | undefined) ?? (call.values.Identity as string | undefined)?.split("\\")[0];
    const server = named ? call.lab.world.findServer(named) : call.server;
    if (!server || (server !== call.server && (call.server.role === "Edge" || server.role === "Edge"))) throw notFound(call.cmdlet, named ?? "");
    const status = server.service("MSExchangeTransport")?.status;
    if (status !== "Running" && status !== "Paused") throw taskError(call.cmdlet, "Microsoft.Exchange.Data.LocalizedException", "ReadError", `The Queue Viewer operation on computer '${server.name}' has failed with exception. The error message is: Error: 0x6d9 (There are no more endpoints available from the endpoint mapper).`);
    const all = queueObjects(call, server);
    const internal = (call.values.Exclude as string[] | undefined)?.some((value) => value.toLowerCase() === "internal");
    return internal ? all.filter((queue) => !["ShadowRedundancy", "Undefined"].includes(String(queue.DeliveryType)) && queue.DeliveryType !== "SmtpRelayToConnectorSourceServers") : all;
  },
};

/** Submission, the delivery queues and the shadow queue. // [DOC:queue-properties] */
export function queueObjects(call: Pick<Call, "lab">, server: Server): Objects {
  const { mail, world } = call.lab;
  const base = { Identity: "", DeliveryType: "Undefined", Status: "Ready", MessageCount: 0, DeferredMessageCount: 0, NextHopDomain: "", NextHopConnector: "", LastError: "", NextRetryTime: null as Date | null, TlsDomain: null as string | null, Velocity: 0 };
  const queues = mail.queues.of(server).map((queue) => ({
    ...base,
    Identity: `${server.name}\\${queue.deliveryType === "Unreachable" ? "Unreachable" : queue.number}`,
    DeliveryType: queue.deliveryType,
    Status: queue.status,
    MessageCount: queue.legs.length,
    NextHopDomain: queue.nextHopDomain,
    NextHopConnector: queue.nextHopConnector,
    LastError: queue.lastError,
    NextRetryTime: queue.nextRetry,
    TlsDomain: queue.tlsDomain,
  }));
  const shadows = mail.queues.shadowCount(server, world.clock.time());
  const shadow = shadows > 0 ? [{ ...base, Identity: `${server.name}\\2`, DeliveryType: "ShadowRedundancy", MessageCount: shadows, NextHopDomain: "shadow" }] : [];
  return [{ ...base, Identity: `${server.name}\\Submission`, NextHopDomain: "Submission" }, ...queues, ...shadow].map((queue) => ({ ...queue, ...remoting(server) }));
}

const REQUESTERS = ["healthapi", "maintenance", "sidelined", "functional", "deployment"];

export const getServerComponentState: Cmdlet = {
  name: "Get-ServerComponentState",
  parameters: (server) => ({ Identity: "string", Component: "string", ...domainController(server) }),
  required: () => ["Identity"],
  run(call) {
    const server = componentServer(call);
    const only = call.values.Component as string | undefined;
    const names = ["ServerWideOffline", "HubTransport", "FrontendTransport", "EdgeTransport", "Monitoring", "RecoveryActionsEnabled"];
    return names
      .filter((name) => !only || name.toLowerCase() === only.toLowerCase())
      .map((name) => ({ ServerFqdn: server.fqdn, Component: name, State: server.componentStates.get(name.toLowerCase()) ?? "Active", Identity: server.fqdn, ...remoting(call.server) }));
  },
};

export const setServerComponentState: Cmdlet = {
  name: "Set-ServerComponentState",
  parameters: (server) => ({ Identity: "string", Component: "string", Requester: "string", State: "string", LocalOnly: "switch", RemoteOnly: "switch", TimeoutInSeconds: "int", ...CONFIRM, ...domainController(server) }),
  required: () => ["Identity", "Component", "Requester", "State"],
  run(call) {
    const server = componentServer(call);
    const state = ["Active", "Inactive", "Draining"].find((known) => known.toLowerCase() === String(call.values.State).toLowerCase());
    if (!state) throw wrongType(call.cmdlet, "State", "Microsoft.Exchange.Data.ServiceState");
    if (!REQUESTERS.includes(String(call.values.Requester).toLowerCase())) throw wrongType(call.cmdlet, "Requester", "Microsoft.Exchange.Data.ServerComponentRequest");
    server.componentStates.set(String(call.values.Component).toLowerCase(), state);
    call.lab.world.changed();
    return [];
  },
};

function componentServer(call: Call): Server {
  const identity = String(call.values.Identity);
  const server = call.lab.world.findServer(identity);
  if (!server || (call.server.role === "Edge" && server !== call.server)) throw notFound(call.cmdlet, identity);
  return server;
}

export const getServerHealth: Cmdlet = {
  name: "Get-ServerHealth",
  parameters: () => ({ Identity: "string", HealthSet: "string", HaImpactingOnly: "switch" }),
  required: () => ["Identity"],
  run(call) {
    const server = componentServer(call);
    const set = (call.values.HealthSet as string | undefined)?.toLowerCase();
    return monitors(call.lab, server)
      .filter((monitor) => !set || monitor.HealthSetName.toLowerCase() === set)
      .map((monitor) => ({ ...monitor, ...remoting(call.server) }));
  },
};
