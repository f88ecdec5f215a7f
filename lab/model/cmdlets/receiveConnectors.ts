/** Get- and Set-ReceiveConnector: per server, never replicated. // 3.3 */
import { touch } from "../connectors";
import type { Bag, Server } from "../server";
import { TlsName } from "../tlsName";
import { collection, CONFIRM, domainController, type Call, type Cmdlet, type Kind } from "./binding";
import { arrived } from "./remoting";
import { notFound, taskError, wrongType } from "./errors";
import { is2013 } from "./versions";

const TYPE = "Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector";
const SETTABLE: { [name: string]: Kind } = {
  AuthMechanism: "string",
  Banner: "string",
  Bindings: "collection",
  Comment: "string",
  Enabled: "bool",
  Fqdn: "string",
  MaxMessageSize: "string",
  PermissionGroups: "string",
  ProtocolLoggingLevel: "string",
  RemoteIPRanges: "collection",
  RequireTLS: "bool",
  SuppressXAnonymousTls: "bool",
  DomainSecureEnabled: "bool",
  TlsCertificateName: "string",
  TlsDomainCapabilities: "collection",
};
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
  return servers
    .filter((server) => !named || [server.name, server.fqdn].some((known) => known.toLowerCase() === named.toLowerCase()))
    .flatMap((server) => [...server.receiveConnectors.values()].map((bag) => ({ server, bag })));
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
    const identity = call.values.Identity as string | null | undefined;
    if (!identity) return visible(call).map(show);
    const found = find(call, identity);
    if (found) return [show(found)];
    if (call.lab.world.toggles.getWrongIdentity === "all") return visible(call).map(show);
    throw notFound(call.cmdlet, identity);
  },
};

export const setReceiveConnector: Cmdlet = {
  name: "Set-ReceiveConnector",
  parameters: (server) => ({
    Identity: "string",
    ...(is2013(server.version) ? SETTABLE : { ...SETTABLE, TlsCertificateName: undefined as never }),
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
    found.server.receiveConnectors.set(String(next.Name), touch(next, call.lab.world.clock.now(call.server.name)));
    call.lab.world.changed();
    return [];
  },
};

function convert(call: Call, name: string, current: unknown): unknown {
  const value = call.values[name];
  if (SETTABLE[name] === "collection")
    return collection(current as string[], value).map((text) => (name === "TlsDomainCapabilities" ? capability(call, text) : text));
  if (value === null || value === "") return name === "Comment" || name === "Banner" ? "" : null;
  if (name !== "TlsCertificateName") return value;
  const parsed = TlsName.parse(String(value));
  if (!parsed) throw wrongType(call, name, "Microsoft.Exchange.Data.SmtpX509Identifier");
  return parsed.toString();
}

function capability(call: Call, text: string): string {
  const [domain, values = ""] = text.split(":");
  const known = values.split(",").every((value) => CAPABILITIES.some((name) => name.toLowerCase() === value.trim().toLowerCase()));
  if (!domain || !known) throw wrongType(call, "TlsDomainCapabilities", "Microsoft.Exchange.Data.SmtpReceiveDomainCapabilities");
  return text;
}
