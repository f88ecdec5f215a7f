/** Certificate cmdlets, typed. Every name, date and hash comes from our own reading of RawData. */
import { ExchangeError } from "../base/errors";
import { readCertificate, readRequest, type Certificate, type CertificateRequestFacts } from "../pki";
import type { CertificateInspection, Value } from "../remote/protocol";
import { equalNames, list, SLOW_CALL_MS, text, type Shell } from "./shell";
import { subscribedEdges } from "./subscriptions";

export type Service = "SMTP" | "IIS" | "POP" | "IMAP";

/** A certificate as Exchange lists it, with our own reading of its bytes. */
export interface InstalledCertificate extends Certificate {
  /** null where only RawData arrived and the services are not known (exchange.md 1.3). */
  services: string[] | null;
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
  const found = objects.filter((object) => text(object.RawData) !== "" && text(object.Status) !== PENDING);
  const all: InstalledCertificate[] = [];
  for (const object of found) {
    const one = installed(object);
    // Where only RawData arrived, the host itself says what is in its store: a pending request is not (exchange.md 1.3).
    const seen = one.status === "" ? await inspectCertificate(shell, one.thumbprint) : null;
    if (seen?.found !== false) all.push(seen ? Object.assign(one, told(one, seen)) : one);
  }
  return all;
}

/** The store's own word for what RawData does not say. */
function told(
  { friendlyName }: InstalledCertificate,
  seen: CertificateInspection,
): Pick<InstalledCertificate, "hasPrivateKey" | "friendlyName"> {
  return { hasPrivateKey: seen.hasPrivateKey !== false, friendlyName: seen.friendlyName ?? friendlyName };
}

const PENDING = "PendingRequest";

function installed(object: { [property: string]: unknown }): InstalledCertificate {
  const known = object.Services !== null && object.Services !== undefined;
  return Object.assign(readCertificate(Buffer.from(text(object.RawData), "base64")), {
    services: known ? serviceNames(object.Services) : null,
    friendlyName: text(object.FriendlyName),
    hasPrivateKey: object.HasPrivateKey !== false,
    status: text(object.Status),
  });
}

/** `IIS, SMTP`, or the same as a list: one name each; `None` is none. */
export function serviceNames(value: unknown): string[] {
  return list(value)
    .flatMap((one) => one.split(","))
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "None");
}

/** Thumbprint of a server's default (internal transport) certificate, or null (exchange.md 2.2, CSS-Exchange#2461). */
export async function defaultThumbprint(shell: Shell, server: string = shell.facts.name): Promise<string | null> {
  const { objects } = await shell.invoke("Get-TransportService", { Identity: server }, ["Name", "InternalTransportCertificateThumbprint"]);
  const own = objects.find((object) => equalNames(text(object.Name), server));
  return text(own?.InternalTransportCertificateThumbprint).toUpperCase() || null;
}

/**
 * Names of the Mailbox servers, upper case; `thumbprint`: of those that have it as their default certificate. The organisation lists
 * subscribed Edges too; they are left out.
 */
export async function mailboxServers(organization: Shell, thumbprint?: string): Promise<string[]> {
  const where = thumbprint === undefined ? undefined : { InternalTransportCertificateThumbprint: [thumbprint] };
  const [{ objects }, edges] = await Promise.all([
    organization.invoke("Get-TransportService", {}, ["Name"], where && { where }),
    subscribedEdges(organization),
  ]);
  const servers = objects.map(({ Name }) => text(Name).toUpperCase());
  return servers.filter((server) => !edges.some((edge) => equalNames(edge, server)));
}

/** The Mailbox server that has this certificate as its default, or null. */
export async function mailboxServerWith(organization: Shell, thumbprint: string): Promise<string | null> {
  return (await mailboxServers(organization, thumbprint)).at(0) ?? null;
}

/** What the host itself knows of one certificate: names as .NET prints them, key provider, key access. */
export function inspectCertificate(shell: Shell, thumbprint: string): Promise<CertificateInspection> {
  return shell.request("certificate.inspect", { thumbprint });
}

/** Imports a PFX: always bytes, never a path (exchange.md 2.1). */
export async function importCertificate(
  shell: Shell,
  input: { pfx: Uint8Array; password: string; friendlyName?: string; exportable: boolean; server?: string },
): Promise<void> {
  const parameters = {
    FileData: { $bytes: Buffer.from(input.pfx).toString("base64") },
    Password: { $secure: input.password },
    PrivateKeyExportable: input.exportable,
    ...(input.friendlyName ? { FriendlyName: input.friendlyName } : {}),
    Confirm: false,
    ...(input.server ? { Server: input.server } : {}),
  };
  await shell.invoke("Import-ExchangeCertificate", parameters, ["Thumbprint"], { timeoutMs: SLOW_CALL_MS });
}

/** Imports a bare certificate: it completes the pending request whose key it belongs to (exchange.md 15.1). */
export async function importAnswer(shell: Shell, der: Uint8Array, friendlyName?: string): Promise<void> {
  const parameters = {
    FileData: { $bytes: Buffer.from(der).toString("base64") },
    ...(friendlyName ? { FriendlyName: friendlyName } : {}),
    Confirm: false,
  };
  await shell.invoke("Import-ExchangeCertificate", parameters, ["Thumbprint"], { timeoutMs: SLOW_CALL_MS });
}

/** A request whose key waits on the server. */
export interface PendingRequest {
  thumbprint: string;
  publicKeySha256: string;
  /** null where only RawData arrived: the key is known, the text is not (exchange.md 1.3). */
  csr: string | null;
  friendlyName: string;
}

/** The host's pending request for this key, or null. */
export async function findPending(shell: Shell, publicKeySha256: string): Promise<PendingRequest | null> {
  return (await listRequests(shell)).find((one) => one.publicKeySha256 === publicKeySha256) ?? null;
}

/** Pending requests of the host: by their status, or as what is listed and in no store of certificates. */
export async function listRequests(shell: Shell): Promise<PendingRequest[]> {
  const select = ["Thumbprint", "Status", "CertificateRequest", "FriendlyName", "RawData"];
  const { objects } = await shell.invoke("Get-ExchangeCertificate", {}, select);
  const requests: PendingRequest[] = [];
  for (const object of objects) {
    const csr = text(object.CertificateRequest);
    if (text(object.Status) === PENDING && csr !== "") {
      const { publicKeySha256 } = readRequest(csr);
      requests.push({ thumbprint: text(object.Thumbprint).toUpperCase(), publicKeySha256, csr, friendlyName: text(object.FriendlyName) });
    } else if (text(object.Status) === "" && text(object.RawData) !== "") {
      const { thumbprint, publicKeySha256 } = readCertificate(Buffer.from(text(object.RawData), "base64"));
      const { found } = await inspectCertificate(shell, thumbprint);
      if (!found) requests.push({ thumbprint, publicKeySha256, csr: null, friendlyName: "" });
    }
  }
  return requests;
}

export interface NewCertificate {
  domainNames: string[];
  subject?: string;
  keySize?: number;
  friendlyName?: string;
  exportable: boolean;
}

function newParameters(input: NewCertificate): { [name: string]: Value } {
  return {
    DomainName: input.domainNames,
    SubjectName: input.subject ?? `CN=${input.domainNames[0]}`,
    KeySize: input.keySize ?? 2048,
    PrivateKeyExportable: input.exportable,
    ...(input.friendlyName ? { FriendlyName: input.friendlyName } : {}),
    Confirm: false,
  };
}

/** Of a self-signed certificate; days. */
export interface Lifetime {
  lifetime?: number;
}

/**
 * A self-signed certificate without services: so there is no question about the default (exchange.md 2.4). Exchange makes it, for 60 months;
 * one with a lifetime of its own the host's agent makes, since New-ExchangeCertificate has no parameter for that.
 */
export async function newSelfSigned(shell: Shell, input: NewCertificate & Lifetime): Promise<Certificate> {
  if (input.lifetime !== undefined) return madeByAgent(shell, { ...input, lifetime: input.lifetime });
  const parameters = { ...newParameters(input), Services: "None" };
  const { objects } = await shell.invoke("New-ExchangeCertificate", parameters, ["RawData"], { timeoutMs: SLOW_CALL_MS });
  return readCertificate(Buffer.from(text(objects[0]?.RawData), "base64"));
}

async function madeByAgent(shell: Shell, { lifetime, ...input }: NewCertificate & Required<Lifetime>): Promise<Certificate> {
  const { domainNames, keySize = 2048, friendlyName, exportable } = input;
  const wanted = { domainNames, days: lifetime, keySize, friendlyName: friendlyName ?? domainNames[0], exportable };
  const { raw } = await shell.request("certificate.makeSelfSigned", wanted, { timeoutMs: SLOW_CALL_MS });
  return readCertificate(Buffer.from(raw, "base64"));
}

/** A request; its key never leaves the server. Returns DER or PEM bytes as text of PEM. */
export async function newRequest(shell: Shell, input: NewCertificate): Promise<CertificateRequestFacts> {
  const parameters = { ...newParameters(input), GenerateRequest: true, BinaryEncoded: true };
  const { objects } = await shell.invoke("New-ExchangeCertificate", parameters, ["FileData"], { timeoutMs: SLOW_CALL_MS });
  return readRequest(Buffer.from(text(objects[0]?.FileData), "base64"));
}

/** A certificate with its key under a password; only where the key is exportable (exchange.md 2.7). */
export async function exportCertificate(shell: Shell, thumbprint: string, password: string, server?: string): Promise<Buffer> {
  const from: { [name: string]: Value } = server === undefined ? {} : { Server: server };
  const parameters = { Thumbprint: thumbprint, BinaryEncoded: true, Password: { $secure: password }, ...from };
  const { objects } = await shell.invoke("Export-ExchangeCertificate", parameters, ["FileData"], { timeoutMs: SLOW_CALL_MS });
  return Buffer.from(text(objects[0]?.FileData), "base64");
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

/**
 * Certificates of another Mailbox server of the organisation, asked through this one. Where only RawData arrives it is not known
 * whether a key is there: it counts as there. @throws CMDLET_FAILED where that server does not answer
 */
export async function listCertificatesOf(shell: Shell, server: string): Promise<InstalledCertificate[]> {
  const { objects } = await shell.invoke("Get-ExchangeCertificate", { Server: server }, SELECT, { timeoutMs: SLOW_CALL_MS });
  return objects.filter((object) => text(object.RawData) !== "" && text(object.Status) !== PENDING).map(installed);
}

/** Removes a certificate through the cmdlet, with its refusals (exchange.md 2.6). */
export async function removeCertificate(shell: Shell, thumbprint: string, server?: string): Promise<void> {
  const on: { [name: string]: Value } = server === undefined ? {} : { Server: server };
  await shell.invoke("Remove-ExchangeCertificate", { Thumbprint: thumbprint, ...on, Confirm: false }, [], { timeoutMs: SLOW_CALL_MS });
}
