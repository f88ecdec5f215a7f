/** New-ExchangeCertificate: a self-signed certificate, or a request. // 2.4, [L15] 15.1 */
import { rsaKeyPair, selfSigned } from "../authority";
import { certificateRequest } from "../request";
import type { Server } from "../server";
import { stored } from "../store";
import { CONFIRM, domainController, type Call, type Cmdlet, type Objects } from "./binding";
import { certificateObject } from "./certificateObject";
import { bindByName, checkRole, enableIis, parseServices } from "./certificateEnable";
import { fileKey } from "./certificateRead";
import { requireElevation, requireServiceHost } from "./certificateTarget";
import { offerAsDefault } from "./defaultQuestion";
import { ambiguousSet, notFound, rpcError } from "./errors";
import { requestsToFile } from "./versions";

const INCLUDES = ["IncludeAcceptedDomains", "IncludeAutoDiscover", "IncludeServerFQDN", "IncludeServerNetBIOSName"];
const MONTHS = 60;

export const newExchangeCertificate: Cmdlet = {
  name: "New-ExchangeCertificate",
  parameters: (server) => ({
    ...CONFIRM,
    ...domainController(server),
    ...Object.fromEntries(INCLUDES.map((name) => [name, "switch" as const])),
    ...(requestsToFile(server.version) ? { RequestFile: "string" } : {}),
    BinaryEncoded: "switch",
    DomainName: "strings",
    Force: "switch",
    FriendlyName: "string",
    GenerateRequest: "switch",
    Instance: "any",
    KeySize: "int",
    PrivateKeyExportable: "bool",
    Server: "string",
    Services: "any",
    SubjectKeyIdentifier: "string",
    SubjectName: "string",
  }),
  async run(call) {
    // Set Request or set Certificate. // [PS:New-ExchangeCertificate]
    if (call.values.GenerateRequest && call.values.Services !== undefined) throw ambiguousSet(call);
    const target = call.values.Server ? call.lab.world.findServer(String(call.values.Server)) : call.server;
    if (!target || (target !== call.server && call.server.role === "Edge")) throw notFound(call.cmdlet, String(call.values.Server));
    requireServiceHost(call, target);
    requireElevation(call);
    const keySize = (call.values.KeySize as number | undefined) ?? 2048;
    if (![1024, 2048, 4096].includes(keySize))
      throw rpcError(call.cmdlet, target.name, `The key size ${keySize} is not valid. Use 1024, 2048 or 4096.`);
    if (call.values.WhatIf) return [];
    return call.values.GenerateRequest ? request(call, target, keySize) : make(call, target, keySize);
  },
};

/** Names default to host and FQDN, the subject to the first name under 64 characters. // [L15] 15.1 */
function names(call: Call, target: Server): { domainNames: string[]; subject: string } {
  const given = (call.values.DomainName as string[] | undefined) ?? [];
  const extra = [
    ...(call.values.IncludeServerFQDN ? [target.fqdn] : []),
    ...(call.values.IncludeServerNetBIOSName ? [target.name] : []),
    ...(call.values.IncludeAcceptedDomains
      ? [...call.lab.world.directory.acceptedDomains.values()].map((bag) => String(bag.DomainName))
      : []),
  ];
  const all = [...given, ...extra];
  const domainNames = all.length > 0 ? [...new Set(all)] : [target.name, target.fqdn];
  const subject = (call.values.SubjectName as string | undefined) ?? `CN=${domainNames.find((name) => name.length < 64) ?? target.name}`;
  return { domainNames, subject };
}

async function make(call: Call, target: Server, keySize: number): Promise<Objects> {
  const { world } = call.lab;
  const { domainNames, subject } = names(call, target);
  const now = world.clock.now(target.name);
  const end = new Date(now);
  end.setUTCMonth(end.getUTCMonth() + MONTHS);
  const made = await selfSigned({ subject, domainNames, notBefore: now, notAfter: end, key: await rsaKeyPair(keySize) });
  const item = stored(made.certificate, {
    privateKey: made.privateKey,
    exportable: call.values.PrivateKeyExportable === true,
    friendlyName: (call.values.FriendlyName as string | undefined) ?? "Microsoft Exchange",
    rootCaType: "None",
  });
  const services = servicesAsked(call, target);
  checkRole(call, target, services);
  target.my.add(item);
  if (services.has("IIS")) enableIis(call, target, item);
  for (const service of ["UM", "Federation", "UMCallRouter"] as const) if (services.has(service)) item.bound.add(service);
  if (services.has("SMTP")) {
    item.networkService = true;
    const current = world.defaultCertificate(target);
    const missing = !current || !target.my.find(current.thumbprint);
    // [SEED1]
    if (missing)
      call.warn(
        "The internal transport certificate for the local server was corrupted or missing in Active Directory. The problem has been fixed. If you have existing Edge Subscriptions, you must subscribe all Edge Transport servers again by using the New-EdgeSubscription cmdlet in the Exchange Management Shell.",
      );
    offerAsDefault(call, target, item, missing || call.values.Force === true || world.toggles.newCertificateReplacesDefault, missing);
  }
  bindByName(target, item, services);
  world.reachChanged();
  world.changed();
  return [certificateObject(call, target, item)];
}

/** SMTP alone in this build, with POP and IMAP according to the pages. // [L15] 15.1, [PS:New-ExchangeCertificate] */
function servicesAsked(call: Call, target: Server): Set<string> {
  if (call.values.Services !== undefined) return parseServices(call);
  const one = target.role === "Edge" || call.lab.world.toggles.newDefaultServices === "SMTP";
  return new Set(one ? ["SMTP"] : ["IMAP", "POP", "SMTP"]);
}

/** A request carries no EKU; its key stays on the server. // [L15] 15.1 */
async function request(call: Call, target: Server, keySize: number): Promise<Objects> {
  const { world } = call.lab;
  const { domainNames, subject } = names(call, target);
  const key = await rsaKeyPair(keySize);
  const { pem, der } = certificateRequest(subject, domainNames, key);
  const usage = { keyUsage: null, extendedKeyUsage: null };
  const { certificate } = await selfSigned({ subject, key, notBefore: world.clock.now(target.name), usage });
  target.requests.push({
    certificate,
    csrPem: pem,
    domainNames,
    privateKey: key.privateKey,
    friendlyName: (call.values.FriendlyName as string | undefined) ?? "Microsoft Exchange",
    exportable: call.values.PrivateKeyExportable === true,
  });
  world.changed();
  if (call.values.RequestFile) {
    target.files.set(fileKey(String(call.values.RequestFile)), Buffer.from(pem, "ascii"));
    return [];
  }
  // Text without -BinaryEncoded (`value`), else an object with FileData. // [PS:New-ExchangeCertificate]
  return call.values.BinaryEncoded ? [{ FileData: der, Identity: null, IsValid: true }] : [{ value: pem, Length: pem.length }];
}
