/** Certificate cmdlets, typed. Every name, date and hash comes from our own reading of RawData (style.md F13). */
import { ExchangeError } from "../base/errors";
import { readCertificate, type Certificate } from "../pki";
import type { CertificateInspection } from "../remote/protocol";
import { equalNames, list, SLOW_CALL_MS, text, type Shell } from "./shell";

export type Service = "SMTP" | "IIS" | "POP" | "IMAP";

/** A certificate as Exchange lists it, with our own reading of its bytes. */
export interface InstalledCertificate extends Certificate {
  services: string[];
  friendlyName: string;
  hasPrivateKey: boolean;
  status: string;
}

const SELECT = ["Thumbprint", "RawData", "Services", "FriendlyName", "HasPrivateKey", "Status"];

/**
 * All certificates of the host. An empty list is an error, never "absent": a shell without elevation sees nothing
 * (exchange.md 1.3). @throws NOT_ELEVATED, CMDLET_FAILED
 */
export async function listCertificates(shell: Shell): Promise<InstalledCertificate[]> {
  const { objects } = await shell.invoke("Get-ExchangeCertificate", {}, SELECT);
  if (objects.length === 0) {
    throw new ExchangeError("NOT_ELEVATED", `${shell.facts.name} lists no certificate at all, as a shell without elevation does.`, {
      host: shell.facts.name,
    });
  }
  return objects.filter((object) => text(object.RawData) !== "").map(installed);
}

function installed(object: { [property: string]: unknown }): InstalledCertificate {
  const services = list(object.Services)
    .flatMap((value) => value.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "None");
  return Object.assign(readCertificate(Buffer.from(text(object.RawData), "base64")), {
    services,
    friendlyName: text(object.FriendlyName),
    hasPrivateKey: object.HasPrivateKey !== false,
    status: text(object.Status),
  });
}

/** Thumbprint of a server's default (internal transport) certificate, or null (exchange.md 2.2, CSS-Exchange#2461). */
export async function defaultThumbprint(shell: Shell, server: string = shell.facts.name): Promise<string | null> {
  const { objects } = await shell.invoke("Get-TransportService", { Identity: server }, ["Name", "InternalTransportCertificateThumbprint"]);
  const own = objects.find((object) => equalNames(text(object.Name), server));
  return text(own?.InternalTransportCertificateThumbprint).toUpperCase() || null;
}

/** Default thumbprints of all Mailbox servers that the organisation's host knows: server → thumbprint. */
export async function mailboxDefaults(organization: Shell): Promise<Map<string, string>> {
  const { objects } = await organization.invoke("Get-TransportService", {}, ["Name", "InternalTransportCertificateThumbprint"]);
  const servers = await organization.invoke("Get-ExchangeServer", {}, ["Name", "IsEdgeServer"]);
  const edges = new Set(servers.objects.filter((s) => s.IsEdgeServer === true).map((s) => text(s.Name).toUpperCase()));
  const result = new Map<string, string>();
  for (const object of objects) {
    const name = text(object.Name).toUpperCase();
    if (!edges.has(name)) result.set(name, text(object.InternalTransportCertificateThumbprint).toUpperCase());
  }
  return result;
}

/** What the host itself knows of one certificate: names as .NET prints them, key provider, key access. */
export function inspectCertificate(shell: Shell, thumbprint: string): Promise<CertificateInspection> {
  return shell.request("certificate.inspect", { thumbprint });
}

/** Imports a PFX: always bytes, never a path (exchange.md 2.1). */
export async function importCertificate(
  shell: Shell,
  input: { pfx: Uint8Array; password: string; friendlyName?: string; exportable: boolean },
): Promise<void> {
  const parameters = {
    FileData: { $bytes: Buffer.from(input.pfx).toString("base64") },
    Password: { $secure: input.password },
    PrivateKeyExportable: input.exportable,
    ...(input.friendlyName ? { FriendlyName: input.friendlyName } : {}),
  };
  await shell.invoke("Import-ExchangeCertificate", parameters, ["Thumbprint"], { timeoutMs: SLOW_CALL_MS });
}

/** Lets NETWORK SERVICE read the key, without a question and without touching the default (exchange.md 15.2). */
export async function grantKeyAccess(shell: Shell, thumbprint: string): Promise<void> {
  const parameters = { Thumbprint: thumbprint, Services: "None", NetworkServiceAllowed: true };
  await shell.invoke("Enable-ExchangeCertificate", parameters, [], { timeoutMs: SLOW_CALL_MS });
}

/** Enables services; with `force` the default SMTP certificate is replaced without a question (exchange.md 2.5). */
export async function enableServices(shell: Shell, thumbprint: string, services: Service[], force: boolean): Promise<void> {
  const parameters = { Thumbprint: thumbprint, Services: services.join(", "), ...(force ? { Force: true } : {}) };
  await shell.invoke("Enable-ExchangeCertificate", parameters, [], { timeoutMs: SLOW_CALL_MS });
}

/** Removes a certificate through the cmdlet, with its refusals (exchange.md 2.6). */
export async function removeCertificate(shell: Shell, thumbprint: string): Promise<void> {
  await shell.invoke("Remove-ExchangeCertificate", { Thumbprint: thumbprint, Confirm: false }, [], { timeoutMs: SLOW_CALL_MS });
}
