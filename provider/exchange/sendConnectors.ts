/** Send connector cmdlets, typed (exchange.md 3.1, 3.2). */
import { ExchangeError } from "../base/errors";
import type { Json } from "../base/json";
import { CMDLETS } from "../remote/cmdlets";
import type { Value } from "../remote/protocol";
import { equalNames, list, text, type Shell } from "./shell";

/** The properties that make up a send connector: what a snapshot keeps and New-SendConnector can be given (not its Identity). */
export const CONNECTOR_PROPERTIES = CMDLETS["Get-SendConnector"].properties.filter((property) => property !== "Identity");

/** A connector's property bag as projected: strings, booleans, numbers and lists of strings. */
export type ConnectorBag = { [property: string]: Json };

/** All send connectors, full bags. On a Mailbox server: the organisation's; on an Edge: its replica. */
export async function listSendConnectors(shell: Shell): Promise<ConnectorBag[]> {
  const { objects } = await shell.invoke("Get-SendConnector", {}, [...CONNECTOR_PROPERTIES]);
  return objects.map((object) => object as ConnectorBag);
}

/** What is looked at again and again: of a large organisation a fraction of the full bags. */
const OUTLINE = ["Name", "SourceTransportServers", "TlsCertificateName"];

/** All send connectors, with name, sources and TlsCertificateName alone. */
export async function outlineConnectors(shell: Shell): Promise<ConnectorBag[]> {
  const { objects } = await shell.invoke("Get-SendConnector", {}, OUTLINE);
  return objects.map((object) => object as ConnectorBag);
}

/** So many connectors are asked for one by one, rather than with all of the organisation's. */
const ONE_BY_ONE = 8;

/** All send connectors: those of these names with their full bags, the others in outline. */
export async function detailConnectors(shell: Shell, isWanted: (outline: ConnectorBag) => boolean): Promise<ConnectorBag[]> {
  const all = await outlineConnectors(shell);
  const wanted = all.filter(isWanted);
  if (wanted.length > ONE_BY_ONE) return listSendConnectors(shell);
  const bags = await Promise.all(wanted.map((one) => fullConnector(shell, text(one.Name))));
  if (bags.some((bag) => bag === null)) return listSendConnectors(shell);
  return all.map((one) => bags.find((bag) => equalNames(text(bag!.Name), text(one.Name))) ?? one);
}

/** By identity, and the name checked: a wrong identity may bring everything (exchange.md 1.3). Null where it brings another one or nothing. */
async function fullConnector(shell: Shell, name: string): Promise<ConnectorBag | null> {
  const { objects } = await shell.invoke("Get-SendConnector", { Identity: name }, [...CONNECTOR_PROPERTIES]);
  return (objects.find((one) => equalNames(text(one.Name), name)) as ConnectorBag | undefined) ?? null;
}

/** One connector by its exact name; Get-* may return everything for a wrong identity (exchange.md 1.3). @throws CONNECTOR_NOT_FOUND */
export async function findSendConnector(shell: Shell, name: string): Promise<ConnectorBag> {
  const all = await listSendConnectors(shell);
  const found = all.find((connector) => equalNames(text(connector.Name), name));
  if (found) return found;
  throw connectorMissing(shell.facts.name, name, all);
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
