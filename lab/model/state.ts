/** What GET /state shows. The names are fixed: checks and users rely on them. */
import { servicesOf } from "./cmdlets/certificateObject";
import { queueObjects } from "./cmdlets/queueObjects";
import { monitors } from "./health";
import type { Lab } from "./lab";
import type { Server } from "./server";

export function describeState(lab: Lab): { [key: string]: unknown } {
  const { world, mail } = lab;
  const servers = [...world.servers.values()];
  return {
    utc: world.clock.now().toISOString(),
    servers: servers.map((server) => describeServer(lab, server)),
    subscriptions: [...world.directory.edges.values()].map((edge) => ({
      Name: edge.name,
      Site: edge.site,
      certificateThumbprint: world.edgeCertificate(edge.name)?.thumbprint ?? null,
    })),
    sendConnectors: [...world.directory.sendConnectors.values()].map((bag) => ({ ...bag })),
    acceptedDomains: [...world.directory.acceptedDomains.values()],
    hybrid: world.directory.hybrid,
    authConfig: { ...world.directory.auth, nextEffective: world.directory.auth.nextEffective?.toISOString() ?? null },
    edgeSync: [...world.directory.edges.values()].map((edge) => ({ edge: edge.name, ...lab.edgeSync.state(edge.name) })),
    queues: Object.fromEntries(servers.map((server) => [server.name, queueObjects({ lab }, server)])),
    mail: mail.counters,
    toggles: { ...world.toggles },
  };
}

function describeServer(lab: Lab, server: Server): { [key: string]: unknown } {
  const { world, transport } = lab;
  const open = transport.accepts(server);
  return {
    name: server.name,
    fqdn: server.fqdn,
    role: server.role,
    version: server.version,
    site: server.site,
    utc: world.clock.now(server.name).toISOString(),
    certificates: server.my.entries.map((item) => {
      const { thumbprint, subject, issuer, notBefore, notAfter } = item.certificate;
      return {
        thumbprint,
        subject,
        issuer,
        notBefore: notBefore.toISOString(),
        notAfter: notAfter.toISOString(),
        services: servicesOf(server, item),
        hasPrivateKey: item.privateKey !== null,
        keyProvider: item.keyProvider,
        exportable: item.exportable,
        friendlyName: item.friendlyName,
      };
    }),
    requests: server.requests.map(({ certificate: { thumbprint, subject } }) => ({ thumbprint, subject })),
    chain: [...server.ca.entries, ...server.root.entries].map((item) => item.certificate.thumbprint),
    defaultThumbprint: world.defaultCertificate(server)?.thumbprint ?? null,
    transportThumbprint: open ? (transport.inbound(server, false)?.certificate.thumbprint ?? null) : null,
    ldapsThumbprint: server.lds && server.runs("ADAM_MSExchange") ? (server.lds.presented?.certificate.thumbprint ?? null) : null,
    services: Object.fromEntries([...server.services.values()].map((service) => [service.name, service.status])),
    receiveConnectors: [...server.receiveConnectors.values()].map((bag) => ({ ...bag })),
    // What an Edge's AD LDS holds: how far the organisation's connectors have come.
    sendConnectors: server.lds ? [...server.lds.sendConnectors.values()].map((bag) => ({ ...bag })) : undefined,
    subscribed: server.lds?.subscribed,
    files: [...server.files.keys()].map((path) => ({ path })),
    events: server.events.slice(-500),
    monitors: monitors(lab, server).map(({ Name, AlertValue }) => ({ Name, AlertValue })),
  };
}
