/** Enable-ExchangeCertificate. // 2.5, [L15] 15.1 */
import type { Server } from "../server";
import type { StoredCertificate } from "../store";
import { unsuitableForSmtp } from "../trust";
import { CONFIRM, type Call, type Cmdlet } from "./binding";
import { SERVICE_FLAGS } from "./certificateObject";
import { targetParameters, targetServer, targetThumbprint } from "./certificateTarget";
import { offerAsDefault } from "./defaultQuestion";
import { missingParameter, rpcError, taskError, wrongType } from "./errors";

export const enableExchangeCertificate: Cmdlet = {
  name: "Enable-ExchangeCertificate",
  parameters: (server) => ({
    ...targetParameters(server),
    ...CONFIRM,
    Services: "any",
    Force: "switch",
    DoNotRequireSsl: "switch",
    NetworkServiceAllowed: "switch",
  }),
  required: () => ["Services"],
  exclusive: [
    ["Server", "Identity"],
    ["Thumbprint", "Identity"],
  ],
  run(call) {
    const target = targetServer(call);
    const thumbprint = targetThumbprint(call);
    if (!thumbprint) throw missingParameter(call, ["Thumbprint"]);
    const services = parseServices(call);
    checkRole(call, target, services);
    const item = target.my.find(thumbprint);
    if (!item) throw rpcError(call.cmdlet, target.name, `The certificate with thumbprint ${thumbprint} was not found.`);
    const networkService = call.values.NetworkServiceAllowed === true;
    checkValidity(call, target, item, networkService);
    if (call.values.WhatIf) return [];
    // Services are additive: none is ever taken away. // [PS:Enable-ExchangeCertificate]
    if (services.has("IIS")) enableIis(call, target, item);
    for (const service of ["UM", "Federation", "UMCallRouter"] as const) if (services.has(service)) item.bound.add(service);
    if (services.has("SMTP") || networkService) grant(call, target, item);
    else if (call.lab.world.toggles.fewerServicesUnbind) revoke(call, item);
    if (services.has("SMTP")) offerAsDefault(call, target, item, call.values.Force === true);
    bindByName(target, item, services);
    call.lab.world.changed();
    return [];
  },
};

export function parseServices(call: Call): Set<string> {
  const value = call.values.Services;
  // The sum of the flags. // [L15] 15.1
  if (typeof value === "number") return new Set(Object.entries(SERVICE_FLAGS).flatMap(([name, flag]) => (value & flag ? [name] : [])));
  const texts = (Array.isArray(value) ? value.map(String) : String(value).split(",")).map((text) => text.trim());
  const known = new Map([...Object.keys(SERVICE_FLAGS), "None"].map((name) => [name.toLowerCase(), name]));
  const services = texts.map((text) => known.get(text.toLowerCase()));
  if (services.includes(undefined))
    throw wrongType(call, "Services", "Microsoft.Exchange.Management.SystemConfigurationTasks.AllowedServices");
  return new Set(services.filter((name) => name !== "None") as string[]);
}

/** An Edge refuses IMAP, POP and UM; IIS has no role check. // [L15] 15.1 */
export function checkRole(call: Call, target: Server, services: Set<string>): void {
  if (target.role !== "Edge") return;
  for (const service of ["IMAP", "POP", "UM", "UMCallRouter"])
    if (services.has(service))
      throw rpcError(
        call.cmdlet,
        target.name,
        `The ${service} service cannot be enabled: the role that it needs is not installed on this server.`,
      );
}

/** Skipped with -NetworkServiceAllowed. // [L15] 15.1 */
function checkValidity(call: Call, target: Server, item: StoredCertificate, networkService: boolean): void {
  if (networkService) {
    if (!call.lab.world.toggles.servicesNoneGrantsAccess)
      throw taskError(call.cmdlet, "System.ArgumentException", "InvalidArgument", "Services None cannot be enabled.");
    if (!item.privateKey)
      throw rpcError(call.cmdlet, target.name, `The certificate with thumbprint ${item.certificate.thumbprint} has no private key.`);
    return;
  }
  const reason = unsuitableForSmtp(item, call.lab.world.trust(target));
  if (reason)
    throw rpcError(
      call.cmdlet,
      target.name,
      `The certificate with thumbprint ${item.certificate.thumbprint} was found but is not valid for use with Exchange Server (reason: ${reason}).`,
    );
}

/** Granting NETWORK SERVICE key access is enabling SMTP. // [L15] 15.1 */
export function grant(call: Call, target: Server, item: StoredCertificate): void {
  if (item.networkService) return;
  item.networkService = true;
  call.lab.world.reachChanged();
}

/** A support article's claim: running it with fewer services takes SMTP away. // 2.5, [SUP:mail-flow-stops-event-2004] */
function revoke(call: Call, item: StoredCertificate): void {
  item.networkService = false;
  call.lab.world.reachChanged();
}

/** Done first: a missing IIS stops everything. One certificate of a server is bound to it at a time. // [L15] 15.1 */
export function enableIis(call: Call, target: Server, item: StoredCertificate): void {
  if (target.role === "Edge") throw rpcError(call.cmdlet, target.name, "The IIS service is not installed on this server.");
  for (const other of target.my.entries) other.bound.delete("IIS");
  item.bound.add("IIS");
  if (!call.values.DoNotRequireSsl) call.warn("This command requires SSL on the Default Web Site.");
}

/** POP and IMAP go by the name that their service is configured with. // [L15] 15.1 */
export function bindByName(target: Server, item: StoredCertificate, services: Set<string>): void {
  const name = item.certificate.commonName ?? item.certificate.domainNames[0] ?? null;
  if (services.has("POP")) target.popName = name;
  if (services.has("IMAP")) target.imapName = name;
}
