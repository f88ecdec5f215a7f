/** Edge Subscription and EdgeSync cmdlets, typed (exchange.md 4, 15.6–15.8). */
import { ExchangeError } from "../base/errors";
import { registerSecret } from "../base/redact";
import type { Value } from "../remote/protocol";
import { askingBehind } from "../remote/readings";
import { FILE_LIFE_SECONDS } from "./subscriptionFile";
import { equalNames, SLOW_CALL_MS, text, type Shell } from "./shell";

export interface Subscription {
  name: string;
  site: string;
}

export function listSubscriptions(organization: Shell): Promise<Subscription[]> {
  return ask(organization);
}
async function ask(organization: Shell, options?: { where: { Name: readonly string[] } }): Promise<Subscription[]> {
  const { objects } = await organization.invoke("Get-EdgeSubscription", {}, ["Name", "Site"], options);
  return objects.map((object) => ({ name: text(object.Name), site: siteName(text(object.Site)) }));
}

/** Names of the Edges that are subscribed. */
export async function subscribedEdges(organization: Shell): Promise<string[]> {
  const { objects } = await organization.invoke("Get-EdgeSubscription", {}, ["Name"]);
  return objects.map((object) => text(object.Name));
}

/** The last part of a site's canonical name: `contoso.com/Configuration/Sites/X` → `X`. */
export function siteName(site: string): string {
  return site.slice(site.lastIndexOf("/") + 1);
}

export function sameSite(a: string, b: string): boolean {
  return equalNames(siteName(a), siteName(b));
}

/** Subscriptions of an Edge's name: one, or none. */
export async function subscriptionsOf(organization: Shell, edge: string): Promise<Subscription[]> {
  return (await ask(organization, { where: { Name: [edge] } })).filter(({ name }) => equalNames(name, edge));
}

/** The same by a question about all Edges, which a refresh asks once for all of them. */
export async function subscriptionAmongAll(organization: Shell, edge: string): Promise<Subscription | null> {
  return (await listSubscriptions(organization)).find(({ name }) => equalNames(name, edge)) ?? null;
}

export async function findSubscription(organization: Shell, edge: string): Promise<Subscription | null> {
  return (await subscriptionsOf(organization, edge)).at(0) ?? null;
}

/** One name for every export: the file that a killed run left is overwritten by the next one, and the end of a rotation removes it. */
export const SUBSCRIPTION_FILE = "subscription.xml";

/** A file of the agent's working folder, as a cmdlet of its host takes it. */
export const pathIn = (folder: string, file: string): string => `${folder}${folder.includes("\\") ? "\\" : "/"}${file}`;

/**
 * Exports a subscription file on the Edge. It also pins the default certificate in AD LDS's own store and makes every earlier
 * file useless (exchange.md 15.6). The bytes hold a clear-text credential: they stay in memory and the file is removed.
 */
export async function exportSubscription(edge: Shell): Promise<Buffer> {
  return (await exportBeside(edge, () => Promise.resolve())).file;
}

/** The same; `beside`: what is asked of the Edge together with the file, behind the export. */
export async function exportBeside<T>(edge: Shell, beside: () => Promise<T>): Promise<{ file: Buffer; beside: T }> {
  const ask = () =>
    Promise.all([
      edge.request("file.read", { path: SUBSCRIPTION_FILE }),
      edge.request("file.remove", { path: SUBSCRIPTION_FILE }).catch(() => undefined),
      beside(),
    ]);
  let asked: ReturnType<typeof ask> | undefined;
  const askAlong = (): void => {
    asked = ask();
    asked.catch(() => undefined);
  };
  try {
    const parameters = {
      FileName: pathIn(edge.facts.folder, SUBSCRIPTION_FILE),
      Force: true,
      Confirm: false,
      AccountExpiryDuration: { $timespan: FILE_LIFE_SECONDS },
    };
    await askingBehind(askAlong, () => edge.invoke("New-EdgeSubscription", parameters, [], { timeoutMs: SLOW_CALL_MS }));
    const [{ found, data }, , told] = await (asked ?? ask());
    if (!found || !data)
      throw new ExchangeError("READ_BACK_DIFFERS", `${edge.facts.name} wrote no subscription file.`, { host: edge.facts.name });
    const file = Buffer.from(data, "base64");
    registerPassword(file);
    return { file, beside: told };
  } catch (error) {
    await edge.request("file.remove", { path: SUBSCRIPTION_FILE }).catch(() => undefined);
    throw error;
  }
}

/** The bootstrap account's password stands in the file in clear text (exchange.md 4.2): no line may ever repeat it. */
function registerPassword(file: Buffer): void {
  const password = /<ESRAPassword>([^<]+)<\/ESRAPassword>/.exec(file.toString("utf8"))?.[1];
  if (password) registerSecret(password);
}

/** Imports a subscription file over the existing subscription, or for the first time. */
export async function importSubscription(
  organization: Shell,
  input: { file: Buffer; site: string; createInternet: boolean; createInbound: boolean },
): Promise<void> {
  const parameters = {
    FileData: { $bytes: input.file.toString("base64") },
    Site: input.site,
    CreateInternetSendConnector: input.createInternet,
    CreateInboundSendConnector: input.createInbound,
    Confirm: false,
  };
  await organization.invoke("New-EdgeSubscription", parameters, ["Name", "Site"], { timeoutMs: SLOW_CALL_MS });
}

export async function removeSubscription(organization: Shell, edge: string): Promise<void> {
  await organization.invoke("Remove-EdgeSubscription", { Identity: edge, Force: true, Confirm: false }, [], { timeoutMs: SLOW_CALL_MS });
}

export interface SyncRun {
  result: string;
  type: string;
  details: string;
}

/** Forces a full synchronisation of one Edge. `Incomplete` is a result, not an error (exchange.md 4.5). */
export async function startSynchronization(organization: Shell, edgeFqdn: string): Promise<SyncRun[]> {
  const parameters = { TargetServer: edgeFqdn, ForceFullSync: true, Confirm: false };
  const select = ["Result", "Type", "Name", "FailureDetails"];
  const { objects } = await organization.invoke("Start-EdgeSynchronization", parameters, select, { timeoutMs: SLOW_CALL_MS });
  return objects
    .filter((object) => sameServer(text(object.Name), edgeFqdn))
    .map((object) => ({ result: text(object.Result), type: text(object.Type), details: text(object.FailureDetails) }));
}

export interface SyncStatus {
  status: string;
  lastSynchronized: string;
  detail: string;
}

/** What Test-EdgeSynchronization says of one Edge; null where it says nothing. */
export function testSynchronization(organization: Shell, edgeFqdn: string): Promise<SyncStatus | null> {
  return tested(organization, edgeFqdn, { TargetServer: edgeFqdn });
}

/** The same by a question about all Edges of the server's site, which a refresh asks once for all of them. */
export async function synchronizationOf(organization: Shell, edgeFqdn: string): Promise<SyncStatus | null> {
  return (await tested(organization, edgeFqdn, {})) ?? testSynchronization(organization, edgeFqdn);
}

async function tested(organization: Shell, edgeFqdn: string, of: { [name: string]: Value }): Promise<SyncStatus | null> {
  const select = ["SyncStatus", "Name", "LastSynchronizedUtc", "FailureDetail"];
  const { objects } = await organization.invoke("Test-EdgeSynchronization", of, select, { timeoutMs: SLOW_CALL_MS });
  const own = objects.find((object) => sameServer(text(object.Name), edgeFqdn));
  if (!own) return null;
  return { status: text(own.SyncStatus), lastSynchronized: text(own.LastSynchronizedUtc), detail: text(own.FailureDetail) };
}

/** Whether a name printed by EdgeSync (short or full) means this server. */
function sameServer(printed: string, fqdn: string): boolean {
  return equalNames(printed, fqdn) || equalNames(printed, fqdn.split(".")[0]) || equalNames(printed.split(".")[0], fqdn);
}
