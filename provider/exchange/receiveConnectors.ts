/** Receive connector cmdlets, typed (exchange.md 3.3). */
import { ExchangeError } from "../base/errors";
import type { Json } from "../base/json";
import type { Value } from "../remote/protocol";
import { equalNames, text, type Shell } from "./shell";

export type ReceiveBag = { [property: string]: Json };
const SELECT = [
  "Name",
  "Identity",
  "Fqdn",
  "TlsCertificateName",
  "TlsDomainCapabilities",
  "AuthMechanism",
  "RequireTLS",
  "Enabled",
  "Bindings",
];

/** This host's own receive connectors. */
export async function listReceiveConnectors(shell: Shell): Promise<ReceiveBag[]> {
  const { objects } = await shell.invoke("Get-ReceiveConnector", {}, SELECT);
  return objects.filter((object) => belongsTo(text(object.Identity), shell.facts.name)) as ReceiveBag[];
}

/** A connector's name without its server: `EDGE01\Default` → `Default`. */
export function bareName(name: string): string {
  return name.slice(name.indexOf("\\") + 1);
}

/** One receive connector of this host by its name, with or without `SERVER\`. @throws CONNECTOR_NOT_FOUND */
export async function findReceiveConnector(shell: Shell, name: string): Promise<ReceiveBag> {
  return receiveConnectorIn(await listReceiveConnectors(shell), name, shell.facts.name);
}

/** The same in a list that was read already. @throws CONNECTOR_NOT_FOUND */
export function receiveConnectorIn(own: readonly ReceiveBag[], name: string, host: string): ReceiveBag {
  const bare = bareName(name);
  const found = own.find((object) => equalNames(text(object.Name), bare));
  if (found) return found;
  const known = own.map((object) => `"${text(object.Name)}"`).join(", ") || "none";
  throw new ExchangeError("CONNECTOR_NOT_FOUND", `${host} has no receive connector "${bare}" (known: ${known}).`, { host });
}

/** TlsCertificateName values that this host's receive connectors carry. */
export async function receiveNames(shell: Shell): Promise<string[]> {
  return (await listReceiveConnectors(shell)).map((bag) => text(bag.TlsCertificateName)).filter(Boolean);
}

/** Whether an identity as `SERVER\\name` is this server's; a Mailbox server lists the receive connectors of all. */
export function belongsTo(identity: string, server: string): boolean {
  return !identity.includes("\\") || equalNames(identity.slice(0, identity.indexOf("\\")), server);
}

export async function setReceiveConnector(shell: Shell, name: string, changes: { [name: string]: Value }): Promise<void> {
  const identity = `${shell.facts.name}\\${name}`;
  await shell.invoke("Set-ReceiveConnector", { Identity: identity, ...changes, Confirm: false }, []);
}
