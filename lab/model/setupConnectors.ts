/** The receive connectors that setup creates. // [DOC:receive-connectors], [CSS:GetReceiveConnector.xml] */
import { newReceiveConnector } from "./connectors";
import type { Directory } from "./directory";
import type { Bag, Server } from "./server";

const ports = (port: number): string[] => [`[::]:${port}`, `0.0.0.0:${port}`];

/** Limits of every connector that clients and strangers reach. */
const LIMITED: Bag = {
  MaxRecipientsPerMessage: 200,
  MaxInboundConnectionPerSource: "20",
  MaxInboundConnectionPercentagePerSource: 2,
  SizeEnabled: "Enabled",
};
const CLIENTS: Bag = { ...LIMITED, MessageRateLimit: "5", MessageRateSource: "User", EnableAuthGSSAPI: true };
const FRONTEND: Bag = { ...LIMITED, TransportRole: "FrontendTransport" };

const mailbox = (server: string): { [name: string]: Bag } => ({
  [`Default ${server}`]: { Bindings: ["0.0.0.0:2525", "[::]:2525"] },
  [`Client Proxy ${server}`]: { ...CLIENTS, Bindings: ports(465), PermissionGroups: "ExchangeUsers, ExchangeServers" },
  [`Default Frontend ${server}`]: {
    ...FRONTEND,
    Bindings: ports(25),
    PermissionGroups: "AnonymousUsers, ExchangeServers, ExchangeLegacyServers",
    ProtocolLoggingLevel: "Verbose",
  },
  [`Outbound Proxy Frontend ${server}`]: {
    ...FRONTEND,
    Bindings: ports(717),
    PermissionGroups: "ExchangeServers",
    ProtocolLoggingLevel: "Verbose",
    TarpitInterval: "00:00:00",
  },
  [`Client Frontend ${server}`]: {
    ...FRONTEND,
    ...CLIENTS,
    Bindings: ports(587),
    AuthMechanism: "Tls, Integrated, BasicAuth, BasicAuthRequireTLS",
    PermissionGroups: "ExchangeUsers",
  },
});

/** One on an Edge, open to the internet and to the organisation. // 3.3 */
const edge = (server: string): { [name: string]: Bag } => ({
  [`Default internal receive connector ${server}`]: {
    AuthMechanism: "Tls, ExchangeServer",
    PermissionGroups: "AnonymousUsers, ExchangeServers, Partners",
  },
});

export function setupReceiveConnectors(directory: Directory, server: Server, at: Date): Bag[] {
  const made = server.role === "Edge" ? edge(server.name) : mailbox(server.name);
  return Object.entries(made).map(([name, values]) => newReceiveConnector(directory, server, name, values, at));
}
