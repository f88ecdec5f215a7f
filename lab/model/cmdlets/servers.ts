/** Get-TransportService and Get-ExchangeServer. */
import type { Server } from "../server";
import { domainController, type Call, type Cmdlet } from "./binding";
import { remoting } from "./remoting";
import { filtered } from "./filtered";
import { transportSettings } from "./transportConfig";

/** Servers that the shell of `call` sees: an Edge itself alone. */
function servers(call: Call): Server[] {
  return call.server.role === "Edge" ? [call.server] : call.lab.world.mailboxServers;
}

interface Transporting {
  server?: Server;
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
    const own: Transporting[] = servers(call).map((server) => ({
      server,
      name: server.name,
      fqdn: server.fqdn,
      thumbprint: world.defaultCertificate(server)?.thumbprint ?? null,
    }));
    const edges = call.server.role === "Edge" ? [] : [...world.directory.edges.values()];
    const all: Transporting[] = [
      ...own,
      ...edges.map((edge) => ({ name: edge.name, fqdn: edge.fqdn, thumbprint: world.edgeCertificate(edge.name)?.thumbprint ?? null })),
    ];
    return filtered(call, all, (item) => [item.name, item.fqdn]).map((item) => ({
      Name: item.name,
      Identity: item.name,
      InternalTransportCertificateThumbprint: item.thumbprint,
      ...transportSettings(item.server?.role ?? "Edge", item.server),
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
    const own = servers(call).map((server) => ({
      name: server.name,
      fqdn: server.fqdn,
      role: server.role,
      site: server.site ?? world.directory.edges.get(server.name)?.site ?? null,
      version: versionText(server.version),
    }));
    const edges =
      call.server.role === "Edge"
        ? []
        : [...world.directory.edges.values()].map((edge) => ({
            name: edge.name,
            fqdn: edge.fqdn,
            role: "Edge",
            site: edge.site,
            version: edge.version.replace(/\(Build (\d+)/, (_all, build: string) => `(Build ${Number(build) % 30_000}`),
          }));
    return filtered(call, [...own, ...edges], (item) => [item.name, item.fqdn]).map((item) => ({
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
