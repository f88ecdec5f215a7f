/** Get-, Set-, New- and Remove-SendConnector. // section 3, [L15] 15.4 */
import type { CmdletValue, TimeSpan } from "../contract";
import { derived, newSendConnector, sendConnectorDefaults, timeText, touch } from "../connectors";
import { Directory } from "../directory";
import type { Bag, Server } from "../server";
import { TlsName } from "../tlsName";
import { arrived } from "./remoting";
import { collection, CONFIRM, domainController, type Call, type Cmdlet, type Kind, type Parameters } from "./binding";
import { notFound, promptRefused, taskError, wrongType } from "./errors";
import { filtered } from "./filtered";
import { byteSize, isFqdn } from "./printed";
import { checkCertificate, checkRules } from "./sendConnectorRules";
import { refuseOnSubscribedEdge } from "./subscribedEdge";
import { typed } from "./values";
import { is2013 } from "./versions";
import { visibleConnectors } from "../world";

const TYPE = "Microsoft.Exchange.Data.Directory.SystemConfiguration.SmtpSendConnectorConfig";

/** Parameters that set a property of the same name. */
const SETTABLE: { [name: string]: Kind } = {
  AddressSpaces: "collection",
  AuthenticationCredential: "any",
  CloudServicesMailEnabled: "bool",
  Comment: "string",
  ConnectionInactivityTimeOut: "timespan",
  ConnectorType: "string",
  DNSRoutingEnabled: "bool",
  DomainSecureEnabled: "bool",
  Enabled: "bool",
  ErrorPolicies: "string",
  ForceHELO: "bool",
  Fqdn: "string",
  FrontendProxyEnabled: "bool",
  IgnoreSTARTTLS: "bool",
  IsScopedConnector: "bool",
  MaxMessageSize: "string",
  Port: "int",
  ProtocolLoggingLevel: "string",
  RequireTLS: "bool",
  SmartHostAuthMechanism: "string",
  SmartHosts: "collection",
  SmtpMaxMessagesPerConnection: "int",
  SourceIPAddress: "string",
  SourceTransportServers: "collection",
  TlsAuthLevel: "string",
  TlsCertificateName: "string",
  TlsDomain: "string",
  UseExternalDNSServersEnabled: "bool",
  RequireOorg: "bool",
};
/** DomainValidation is 4. // [L15] 15.4 */
const AUTH_LEVELS: { [value: string]: string } = {
  encryptiononly: "EncryptionOnly",
  certificatevalidation: "CertificateValidation",
  domainvalidation: "DomainValidation",
  "1": "EncryptionOnly",
  "2": "CertificateValidation",
  "4": "DomainValidation",
};

function settable(server: Server): Parameters {
  if (is2013(server.version)) return SETTABLE;
  const { TlsCertificateName: _name, CloudServicesMailEnabled: _cloud, ...rest } = SETTABLE;
  return rest;
}

export const getSendConnector: Cmdlet = {
  name: "Get-SendConnector",
  parameters: (server) => ({ Identity: "string", ...domainController(server) }),
  run(call) {
    const connectors = visibleConnectors(call.lab.world, call.server);
    return filtered(call, [...connectors.values()], names).map((bag) => ({ ...bag, ...arrived(call, TYPE) }));
  },
};

const names = (bag: Bag): unknown[] => [bag.Name, bag.Guid, bag.DistinguishedName];

/** By name, Guid or distinguished name. */
function findConnector(connectors: Map<string, Bag>, identity: string): Bag | undefined {
  const wanted = identity.toLowerCase();
  return [...connectors.values()].find((bag) => names(bag).some((known) => String(known).toLowerCase() === wanted));
}

/** Where the cmdlet writes; a subscribed Edge refuses. // [L15] 15.4 */
function writable(call: Call): Map<string, Bag> {
  refuseOnSubscribedEdge(call);
  return visibleConnectors(call.lab.world, call.server);
}

export const setSendConnector: Cmdlet = {
  name: "Set-SendConnector",
  parameters: (server) => ({
    Identity: "string",
    Name: "string",
    Force: "switch",
    ...settable(server),
    ...CONFIRM,
    ...domainController(server),
  }),
  required: () => ["Identity"],
  run(call) {
    const connectors = writable(call);
    const identity = String(call.values.Identity);
    const bag = findConnector(connectors, identity);
    if (!bag) throw notFound(call.cmdlet, identity);
    // Not valid for connectors on an Edge. // [PS:Set-SendConnector]
    if (call.server.lds && call.values.SourceTransportServers !== undefined)
      throw taskError(
        call.cmdlet,
        "System.ArgumentException",
        "InvalidArgument",
        "SourceTransportServers can't be set on an Edge Transport server.",
      );
    const next = apply(call, bag);
    checkRules(call, next);
    checkCertificate(call, next);
    if (call.values.WhatIf) return [];
    store(call, connectors, bag, next);
    return [];
  },
};

export const newSendConnectorCmdlet: Cmdlet = {
  name: "New-SendConnector",
  parameters: (server) => ({
    Name: "string",
    Usage: "string",
    Custom: "switch",
    Internal: "switch",
    Internet: "switch",
    Partner: "switch",
    Force: "switch",
    ...settable(server),
    ...CONFIRM,
    ...domainController(server),
  }),
  required: () => ["Name", "AddressSpaces"],
  run(call) {
    const connectors = writable(call);
    const name = String(call.values.Name);
    const { world } = call.lab;
    if (findConnector(connectors, name))
      throw taskError(
        call.cmdlet,
        "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException",
        "ResourceExists",
        `The object '${name}' already exists.`,
      );
    const sources = call.values.SourceTransportServers === undefined ? { SourceTransportServers: [call.server.name] } : {};
    const bag = apply(
      call,
      newSendConnector(world.directory, name, { ...sendConnectorDefaults(), ...sources }, world.clock.now(call.server.name)),
    );
    // New checks no certificate. // [L15] 15.4
    checkRules(call, bag);
    if (call.values.WhatIf) return [];
    connectors.set(name, bag);
    changed(call);
    return [{ ...bag, ...arrived(call, TYPE) }];
  },
};

export const removeSendConnector: Cmdlet = {
  name: "Remove-SendConnector",
  parameters: (server) => ({ Identity: "string", ...CONFIRM, ...domainController(server) }),
  required: () => ["Identity"],
  run(call) {
    const connectors = writable(call);
    const identity = String(call.values.Identity);
    const bag = findConnector(connectors, identity);
    if (!bag) throw notFound(call.cmdlet, identity);
    if (call.values.Confirm !== false && !call.values.WhatIf)
      throw promptRefused(call.cmdlet, `Are you sure you want to perform this action? Removing Send connector "${identity}".`);
    if (call.values.WhatIf) return [];
    connectors.delete(String(bag.Name));
    changed(call);
    return [];
  },
};

/** The bag with the call's values in place. */
function apply(call: Call, bag: Bag): Bag {
  const next: Bag = { ...bag };
  for (const name of Object.keys(SETTABLE)) if (name in call.values) next[name] = convert(call, name, bag[name], call.values[name]);
  const { Name: name } = call.values;
  if (typeof name === "string")
    Object.assign(next, { Name: name, Identity: name, Id: name, DistinguishedName: call.lab.world.directory.connectorDn(name) });
  return derived(touch(next, call.lab.world.clock.now(call.server.name)));
}

function convert(call: Call, name: string, current: unknown, value: CmdletValue): unknown {
  if (name === "SourceTransportServers") return collection(current as string[], value).map((source) => transportServer(call, source));
  if (name === "AddressSpaces") return collection(current as string[], value).map((text) => addressSpace(call, text));
  if (name === "SmartHosts")
    return collection(current as string[], value).map((host) => (isSmartHost(host) ? host : fail(call, name, SMART_HOST)));
  if (value === null || value === "") return name === "Comment" ? "" : null;
  if (name === "TlsAuthLevel") return AUTH_LEVELS[String(value).toLowerCase()] ?? fail(call, name, "Microsoft.Exchange.Data.TlsAuthLevel");
  if (name === "TlsCertificateName")
    return TlsName.parse(String(value))?.toString() ?? fail(call, name, "Microsoft.Exchange.Data.SmtpX509Identifier");
  if (name === "ConnectionInactivityTimeOut") return timeText(value as TimeSpan);
  if (name === "Port") return port(call, value as number);
  if (name === "MaxMessageSize") return byteSize(String(value)) ?? fail(call, name, "Microsoft.Exchange.Data.Unlimited");
  if (name === "Fqdn" && !isFqdn(String(value))) fail(call, name, "Microsoft.Exchange.Data.Fqdn");
  return typed(call, name, value);
}

function fail(call: Call, name: string, type: string): never {
  throw wrongType(call, name, type);
}

/** Sources are Mailbox servers and subscribed Edges. */
function transportServer(call: Call, source: string): string {
  const { world } = call.lab;
  const edge = Directory.find(world.directory.edges, source.split(".")[0]);
  const server = world.findServer(source);
  if (edge) return edge.name;
  if (server?.role === "Mailbox") return server.name;
  throw notFound(call.cmdlet, source);
}

/** `contoso.com` and `smtp:contoso.com` are the same with cost 1; `--` is every accepted domain. // [PS:Set-SendConnector], 4.4 */
function addressSpace(call: Call, text: string): string {
  const [, space = "", cost = "1"] = /^(?:smtp:)?([^;]+)(?:;(\d+))?$/i.exec(text) ?? [];
  const known = space === "*" || space === "--" || isFqdn(space.replace(/^\*\./, ""));
  if (!known || Number(cost) < 1 || Number(cost) > 100) fail(call, "AddressSpaces", "Microsoft.Exchange.Data.AddressSpace");
  return `smtp:${space};${cost}`;
}

const SMART_HOST = "Microsoft.Exchange.Data.SmartHost";
/** A name, or an address in brackets; `--` is EdgeSync's own. // [PS:Set-SendConnector], 4.4 */
const isSmartHost = (host: string): boolean => host === "--" || isFqdn(host) || /^\[?[0-9a-f.:]+\]?$/i.test(host);

function port(call: Call, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 65535) return value;
  throw taskError(
    call.cmdlet,
    "Microsoft.Exchange.Data.DataValidationException",
    "InvalidData",
    `The value '${value}' isn't within the range 0 to 65535. Property Name: Port`,
  );
}

function store(call: Call, connectors: Map<string, Bag>, old: Bag, next: Bag): void {
  if (next.Name !== old.Name) connectors.delete(String(old.Name));
  connectors.set(String(next.Name), next);
  changed(call);
}

function changed(call: Call): void {
  call.lab.world.connectorsChanged(call.server.lds ? call.server : null);
  call.lab.world.changed();
}
