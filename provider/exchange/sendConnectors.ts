/** Send connector cmdlets, typed (exchange.md 3.1, 3.2). */
import { ExchangeError } from "../base/errors";
import type { Json } from "../base/json";
import { CMDLETS } from "../remote/cmdlets";
import type { Value, Where } from "../remote/protocol";
import { equalNames, list, text, type Shell } from "./shell";

/** The properties that make up a send connector: what a snapshot keeps and New-SendConnector can be given (not its Identity). */
export const CONNECTOR_PROPERTIES = CMDLETS["Get-SendConnector"].properties.filter((property) => property !== "Identity");

/** A connector's property bag as projected: strings, booleans, numbers and lists of strings. */
export type ConnectorBag = { [property: string]: Json };

async function ask(shell: Shell, properties: readonly string[], where?: Where): Promise<ConnectorBag[]> {
  const { objects } = await shell.invoke("Get-SendConnector", {}, [...properties], where && { where });
  return objects.map((object) => object as ConnectorBag);
}

/** All send connectors, full bags. On a Mailbox server: the organisation's; on an Edge: its replica. */
export function listSendConnectors(shell: Shell): Promise<ConnectorBag[]> {
  return ask(shell, CONNECTOR_PROPERTIES);
}

/** All send connectors, with name, sources and TlsCertificateName alone. */
export function outlineConnectors(shell: Shell): Promise<ConnectorBag[]> {
  return ask(shell, ["Name", "SourceTransportServers", "TlsCertificateName"]);
}

/** All send connectors, with name and TlsCertificateName: of an Edge's replica, which has those of which the Edge is a source. */
export function namesOnConnectors(shell: Shell): Promise<ConnectorBag[]> {
  return ask(shell, ["Name", "TlsCertificateName"]);
}

/** The connectors that have the server as a source, and those of these names, with their full bags. */
export function connectorsOf(shell: Shell, server: string, names: readonly string[] = []): Promise<ConnectorBag[]> {
  return ask(shell, CONNECTOR_PROPERTIES, { SourceTransportServers: [server], ...(names.length > 0 ? { Name: names } : {}) });
}
/** The connectors that have the server as a source, with name and TlsCertificateName; of their sources this one alone. */
export async function outlineOf(shell: Shell, server: string): Promise<ConnectorBag[]> {
  const own = await ask(shell, ["Name", "TlsCertificateName"], { SourceTransportServers: [server] });
  return own.map((bag) => ({ ...bag, SourceTransportServers: [server] }));
}

/** One connector by its exact name; of an organisation's hundreds no other one is sent. @throws CONNECTOR_NOT_FOUND */
export async function findSendConnector(shell: Shell, name: string): Promise<ConnectorBag> {
  const found = await connectorNamed(shell, name);
  if (found) return found;
  throw connectorMissing(shell.facts.name, name, await namesOnConnectors(shell));
}

/** The same by a question about all connectors, which a refresh asks once for all of them. @throws CONNECTOR_NOT_FOUND */
export async function connectorAmongAll(shell: Shell, name: string): Promise<ConnectorBag> {
  const all = await listSendConnectors(shell);
  const found = connectorIn(all, name);
  if (found) return found;
  throw connectorMissing(shell.facts.name, name, all);
}

/** Of these connectors the one of that name. */
export function connectorIn(bags: readonly ConnectorBag[], name: string): ConnectorBag | undefined {
  return bags.find((bag) => equalNames(text(bag.Name), name));
}

/** One connector by its name; null where there is none. */
export async function connectorNamed(shell: Shell, name: string): Promise<ConnectorBag | null> {
  const [found] = await ask(shell, CONNECTOR_PROPERTIES, { Name: [name] });
  if (found) return found;
  const [other] = await spelledOtherwise(shell, [name]);
  return other === undefined ? null : ((await ask(shell, CONNECTOR_PROPERTIES, { Name: [other] })).at(0) ?? null);
}

/** Names that differ from those by no more than a filter can see, as one and two characters for é do. */
async function spelledOtherwise(shell: Shell, names: readonly string[]): Promise<string[]> {
  const all = (await namesOnConnectors(shell)).map(({ Name }) => text(Name));
  return all.filter((one) => names.some((name) => equalNames(one, name)));
}

/** Those of the names that no connector has. */
export async function missingConnectors(shell: Shell, names: readonly string[]): Promise<string[]> {
  const isNone = (there: string[]) => (name: string) => !there.some((one) => equalNames(one, name));
  const there = names.length === 0 ? [] : await ask(shell, ["Name"], { Name: names });
  const missing = names.filter(isNone(there.map(({ Name }) => text(Name))));
  return missing.length === 0 ? [] : missing.filter(isNone(await spelledOtherwise(shell, missing)));
}

export function connectorMissing(host: string, name: string, all: ConnectorBag[]): ExchangeError {
  const known = all.map((connector) => `"${text(connector.Name)}"`).join(", ") || "none";
  return new ExchangeError("CONNECTOR_NOT_FOUND", `${host} knows no send connector "${name}" (known: ${known}).`, { host });
}

/** Source servers of a connector, upper case. */
export function sourcesOf(connector: ConnectorBag): string[] {
  return list(connector.SourceTransportServers).map((name) => name.toUpperCase());
}

/** The connector's TlsCertificateName, or the empty string. */
export function tlsNameOf(connector: ConnectorBag): string {
  return text(connector.TlsCertificateName);
}

export async function setSendConnector(shell: Shell, name: string, changes: { [name: string]: Value }): Promise<void> {
  await shell.invoke("Set-SendConnector", { Identity: name, ...changes, Confirm: false }, []);
}

/** Adds one source server without writing the whole list, so that an operator's edit survives. */
export function addSource(shell: Shell, name: string, server: string): Promise<void> {
  return setSendConnector(shell, name, { SourceTransportServers: { Add: [server] } });
}

/** Rebuilds a connector that vanished from its property bag. */
export async function recreateSendConnector(shell: Shell, bag: ConnectorBag): Promise<void> {
  const parameters: { [name: string]: Value } = {};
  for (const property of CONNECTOR_PROPERTIES) {
    const value = bag[property];
    if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) continue;
    parameters[property] = property === "ConnectionInactivityTimeOut" ? { $timespan: secondsOf(text(value)) } : value;
  }
  delete parameters.IsScopedConnector;
  parameters.IsScopedConnector = bag.IsScopedConnector === true;
  await shell.invoke("New-SendConnector", { ...parameters, Confirm: false }, ["Name"]);
}

/** `1.02:03:04` (days.hours:minutes:seconds) as .NET prints a TimeSpan, in seconds. */
function secondsOf(printed: string): number {
  const match = /^(?:(\d+)\.)?(\d+):(\d+):(\d+)/.exec(printed);
  if (!match) return 600;
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}
