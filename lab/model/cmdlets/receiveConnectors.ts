/** Get- and Set-ReceiveConnector: per server, never replicated. // 3.3 */
import { newReceiveConnector, timeText, touch } from "../connectors";
import { Directory } from "../directory";
import type { Bag, Server } from "../server";
import { TlsName } from "../tlsName";
import { collection, CONFIRM, domainController, type Call, type Cmdlet, type Kind, type Parameters } from "./binding";
import { arrived } from "./remoting";
import { notFound, promptRefused, taskError, wrongType } from "./errors";
import { filtered } from "./filtered";
import { byteSize, isFqdn } from "./printed";
import { typed } from "./values";
import { is2013 } from "./versions";
import { TimeSpan } from "../contract";

const TYPE = "Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector";
const SETTABLE: { [name: string]: Kind } = {
  AdvertiseClientSettings: "bool",
  AuthMechanism: "string",
  AuthTarpitInterval: "timespan",
  Banner: "string",
  BareLinefeedRejectionEnabled: "bool",
  BinaryMimeEnabled: "bool",
  Bindings: "collection",
  ChunkingEnabled: "bool",
  Comment: "string",
  ConnectionInactivityTimeout: "timespan",
  ConnectionTimeout: "timespan",
  DefaultDomain: "string",
  DeliveryStatusNotificationEnabled: "bool",
  DomainSecureEnabled: "bool",
  EightBitMimeEnabled: "bool",
  EnableAuthGSSAPI: "bool",
  Enabled: "bool",
  EnhancedStatusCodesEnabled: "bool",
  ExtendedProtectionPolicy: "string",
  Fqdn: "string",
  LongAddressesEnabled: "bool",
  MaxAcknowledgementDelay: "timespan",
  MaxHeaderSize: "string",
  MaxHopCount: "int",
  MaxInboundConnection: "string",
  MaxInboundConnectionPerSource: "string",
  MaxInboundConnectionPercentagePerSource: "int",
  MaxLocalHopCount: "int",
  MaxLogonFailures: "int",
  MaxMessageSize: "string",
  MaxProtocolErrors: "string",
  MaxRecipientsPerMessage: "int",
  MessageRateLimit: "string",
  MessageRateSource: "string",
  OrarEnabled: "bool",
  PermissionGroups: "string",
  PipeliningEnabled: "bool",
  ProtocolLoggingLevel: "string",
  RemoteIPRanges: "collection",
  RequireEHLODomain: "bool",
  RequireTLS: "bool",
  ServiceDiscoveryFqdn: "string",
  SizeEnabled: "string",
  SmtpUtf8Enabled: "bool",
  SuppressXAnonymousTls: "bool",
  TarpitInterval: "timespan",
  TlsCertificateName: "string",
  TlsDomainCapabilities: "collection",
  TransportRole: "string",
};
/** TlsCertificateName: from 2013. // 2.1 */
function settable(server: Server): Parameters {
  if (is2013(server.version)) return SETTABLE;
  const { TlsCertificateName: _name, ...rest } = SETTABLE;
  return rest;
}

/** 2010 says AcceptOorgProtocol, 2013 and later AcceptCloudServicesMail. // [PS:Set-ReceiveConnector] */
const CAPABILITIES = [
  "None",
  "AcceptOorgProtocol",
  "AcceptOorgHeader",
  "AcceptOrgHeaders",
  "AcceptCloudServicesMail",
  "AcceptXOriginalFromProtocol",
];

/** Receive connectors that a server's shell sees: an Edge its own, a Mailbox server those of all Mailbox servers. */
function visible(call: Call): { server: Server; bag: Bag }[] {
  const servers = call.server.role === "Edge" ? [call.server] : call.lab.world.mailboxServers;
  const named = call.values.Server as string | undefined;
  const meant = servers.filter(
    (server) => !named || [server.name, server.fqdn].some((known) => known.toLowerCase() === named.toLowerCase()),
  );
  if (named && meant.length === 0) throw notFound(call.cmdlet, named);
  return meant.flatMap((server) => [...server.receiveConnectors.values()].map((bag) => ({ server, bag })));
}

function find(call: Call, identity: string): { server: Server; bag: Bag } | undefined {
  const wanted = identity.toLowerCase();
  const all = visible(call);
  return (
    all.find(({ bag }) => [bag.Identity, bag.Guid].some((known) => String(known).toLowerCase() === wanted)) ??
    all.find(({ server, bag }) => server === call.server && String(bag.Name).toLowerCase() === wanted)
  );
}

export const getReceiveConnector: Cmdlet = {
  name: "Get-ReceiveConnector",
  parameters: (server) => ({ Identity: "string", Server: "string", ...domainController(server) }),
  exclusive: [["Identity", "Server"]],
  run(call) {
    const show = ({ bag }: { bag: Bag }): Bag => ({ ...bag, ...arrived(call, TYPE) });
    return filtered(call, visible(call), ({ server, bag }) => [bag.Identity, bag.Guid, ...(server === call.server ? [bag.Name] : [])]).map(
      show,
    );
  },
};

export const setReceiveConnector: Cmdlet = {
  name: "Set-ReceiveConnector",
  parameters: (server) => ({
    Identity: "string",
    Name: "string",
    ...settable(server),
    ...CONFIRM,
    ...domainController(server),
  }),
  required: () => ["Identity"],
  run(call) {
    const identity = String(call.values.Identity);
    const found = find(call, identity);
    if (!found) throw notFound(call.cmdlet, identity);
    const next: Bag = { ...found.bag };
    for (const name of Object.keys(SETTABLE)) if (name in call.values) next[name] = convert(call, name, found.bag[name]);
    // [PS:Set-ReceiveConnector]: the default connector of a Mailbox server authenticates other servers by its FQDN.
    const exchangeServer = String(next.AuthMechanism).includes("ExchangeServer");
    if (
      found.server.role === "Mailbox" &&
      exchangeServer &&
      ![found.server.fqdn, found.server.name, null].includes(next.Fqdn as string | null)
    )
      throw taskError(
        call.cmdlet,
        "System.ArgumentException",
        "InvalidArgument",
        `If the AuthMechanism attribute contains the value ExchangeServer, you must set the FQDN parameter on the Receive connector to one of: the FQDN of the server "${found.server.fqdn}", the NetBIOS name of the server "${found.server.name}", or $null.`,
      );
    if (call.values.WhatIf) return [];
    // No certificate is checked. // [L15] 15.4
    if (call.values.Name) rename(call, found.server, next);
    found.server.receiveConnectors.set(String(next.Name), touch(next, call.lab.world.clock.now(call.server.name)));
    call.lab.world.changed();
    return [];
  },
};

function rename(call: Call, server: Server, bag: Bag): void {
  const name = String(call.values.Name);
  server.receiveConnectors.delete(String(bag.Name));
  const id = `${server.name}\\${name}`;
  Object.assign(bag, {
    Name: name,
    Identity: id,
    Id: id,
    DistinguishedName: call.lab.world.directory.receiveConnectorDn(server.name, name),
  });
}

function convert(call: Call, name: string, current: unknown): unknown {
  const value = call.values[name];
  if (SETTABLE[name] === "collection")
    return collection(current as string[], value).map((text) =>
      name === "TlsDomainCapabilities" ? capability(call, text) : typed(call, name, text),
    );
  if (value === null || value === "") return name === "Comment" || name === "Banner" ? "" : null;
  if (value instanceof TimeSpan) return timeText(value);
  if (name === "Fqdn" && !isFqdn(String(value))) throw wrongType(call, name, "Microsoft.Exchange.Data.Fqdn");
  if (name === "MaxMessageSize" || name === "MaxHeaderSize") return size(call, name, String(value));
  if (name !== "TlsCertificateName") return typed(call, name, value);
  const parsed = TlsName.parse(String(value));
  if (!parsed) throw wrongType(call, name, "Microsoft.Exchange.Data.SmtpX509Identifier");
  return parsed.toString();
}

function size(call: Call, name: string, text: string): string {
  const value = byteSize(text);
  if (value === null || value === "Unlimited") throw wrongType(call, name, "Microsoft.Exchange.Data.ByteQuantifiedSize");
  return value;
}

function capability(call: Call, text: string): string {
  const [domain, values = ""] = text.split(":");
  const known = values.split(",").every((value) => CAPABILITIES.some((name) => name.toLowerCase() === value.trim().toLowerCase()));
  if (!domain || !known) throw wrongType(call, "TlsDomainCapabilities", "Microsoft.Exchange.Data.SmtpReceiveDomainCapabilities");
  return text;
}

export const newReceiveConnectorCmdlet: Cmdlet = {
  name: "New-ReceiveConnector",
  parameters: (server) => ({
    Name: "string",
    Server: "string",
    Usage: "string",
    Custom: "switch",
    Internet: "switch",
    Internal: "switch",
    Client: "switch",
    Partner: "switch",
    ...settable(server),
    ...CONFIRM,
    ...domainController(server),
  }),
  required: () => ["Name", "Bindings", "RemoteIPRanges"],
  run(call) {
    const { world } = call.lab;
    const named = call.values.Server as string | undefined;
    const server = named ? world.findServer(named) : call.server;
    if (!server || (server !== call.server && [server.role, call.server.role].includes("Edge"))) throw notFound(call.cmdlet, named ?? "");
    const name = String(call.values.Name);
    if (Directory.find(server.receiveConnectors, name))
      throw taskError(
        call.cmdlet,
        "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException",
        "ResourceExists",
        `The object '${server.name}\\${name}' already exists.`,
      );
    const bag = newReceiveConnector(
      world.directory,
      server,
      name,
      { AuthMechanism: "Tls", PermissionGroups: "None" },
      world.clock.now(server.name),
    );
    for (const key of Object.keys(SETTABLE)) if (key in call.values) bag[key] = convert(call, key, bag[key]);
    if (call.values.WhatIf) return [];
    server.receiveConnectors.set(name, bag);
    world.changed();
    return [{ ...bag, ...arrived(call, TYPE) }];
  },
};

export const removeReceiveConnector: Cmdlet = {
  name: "Remove-ReceiveConnector",
  parameters: (server) => ({ Identity: "string", ...CONFIRM, ...domainController(server) }),
  required: () => ["Identity"],
  run(call) {
    const identity = String(call.values.Identity);
    const found = find(call, identity);
    if (!found) throw notFound(call.cmdlet, identity);
    if (call.values.WhatIf) return [];
    if (call.values.Confirm !== false)
      throw promptRefused(call.cmdlet, `Are you sure you want to perform this action? Removing Receive connector "${identity}".`);
    found.server.receiveConnectors.delete(String(found.bag.Name));
    call.lab.world.changed();
    return [];
  },
};
