/**
 * The configuration partition, read over LDAP: which default certificate, connectors and subscriptions the directory
 * holds. Read-only. Attribute names: reference to `msExch…` attributes in Exchange's own schema.
 */
import { Client, InvalidCredentialsError, ResultCodeError, escapeFilter, type Entry } from "ldapts";
import { ExchangeError } from "../base/errors";
import { describeCertificate, readSerialisedCertificate } from "../pki";
import { withTurn } from "../remote/accounts";
import { resolveSecret } from "../remote/secrets";
import type { DirectoryConnection } from "../remote/hosts";

/** An Edge server as the organisation's directory knows it. */
export interface DirectoryEdge {
  name: string;
  dn: string;
  /** Full name, from `networkAddress`. */
  fqdn: string | null;
  /** DN of the AD site that it is subscribed to; null without a subscription. */
  site: string | null;
  /** DER of the certificate bound in the subscription; null when there is none or it cannot be read. */
  certificate: Buffer | null;
  /** SHA-1 of `certificate`, upper-case hex. */
  thumbprint: string | null;
}

/** A send connector of the organisation. */
export interface DirectorySendConnector {
  name: string;
  dn: string;
  tlsCertificateName: string | null;
  fqdn: string | null;
  tlsDomain: string | null;
  enabled: boolean;
  /** DNs of the source servers' SMTP virtual server objects. */
  sources: string[];
}

export interface DirectoryView {
  edges: DirectoryEdge[];
  sendConnectors: DirectorySendConnector[];
  /** Edges with a site: what Get-EdgeSubscription would list. */
  subscriptions: { name: string; site: string }[];
}

export interface DirectoryOptions {
  /** Only this Edge; default all. */
  edge?: string;
  pageSize?: number;
  timeoutMs?: number;
}

const TIMEOUT_MS = 20_000;
const PAGE_SIZE = 200;
/** Bit 64 of the roles is Edge; the rule is LDAP_MATCHING_RULE_BIT_AND. */
const EDGES = "(&(objectClass=msExchExchangeServer)(msExchCurrentServerRoles:1.2.840.113556.1.4.803:=64)";
const EDGE_ATTRIBUTES = ["cn", "networkAddress", "msExchServerSite", "msExchServerInternalTLSCert"];
const CONNECTOR_ATTRIBUTES = [
  "cn",
  "msExchSmtpTLSCertificate",
  "msExchSMTPSendConnectorFQDN",
  "msExchSmtpSendTlsDomain",
  "msExchSmtpSendEnabled",
  "msExchSourceBridgeheadServersDN",
];

/**
 * Reads the view. An `ldaps://` address is verified against `ca`, else against the machine's CAs.
 * Errors: HOST_UNREACHABLE (no answer, certificate refused: with the reason), LOGIN_FAILED, SECRET_UNAVAILABLE.
 */
export async function readDirectory(directory: DirectoryConnection, options: DirectoryOptions = {}): Promise<DirectoryView> {
  const password = directory.password === undefined ? undefined : await resolveSecret(directory.password);
  const timeout = options.timeoutMs ?? TIMEOUT_MS;
  const tlsOptions = directory.ca ? { ca: directory.ca } : {};
  const secure = /^ldaps:/i.test(directory.url);
  const client = new Client({ url: directory.url, timeout, connectTimeout: timeout, ...(secure ? { tlsOptions } : {}) });
  try {
    if (directory.bindDn) await bind(client, directory.url, directory.bindDn, password ?? "");
    const base = directory.baseDn ?? (await configurationBase(client));
    const page = options.pageSize ?? PAGE_SIZE;
    const edges = (await search(client, base, edgeFilter(options.edge), EDGE_ATTRIBUTES, page)).map(toEdge);
    const connectors = await search(client, base, "(objectClass=mailGateway)", CONNECTOR_ATTRIBUTES, page);
    return { edges, sendConnectors: connectors.map(toConnector), subscriptions: edges.flatMap(toSubscription) };
  } catch (error) {
    throw directoryError(directory.url, error);
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

/** A password that was refused in this process, here or anywhere else, is not sent again. */
function bind(client: Client, url: string, user: string, password: string): Promise<void> {
  if (password === "") return client.bind(user, password);
  const server = url.toLowerCase().replace(/^ldaps?:\/\//, "");
  const withheld = (by: string): ExchangeError => {
    const sentence = `${by} refused this password for ${user} before in this run; it was not sent to ${url}, so that the account is not locked.`;
    return new ExchangeError("LOGIN_FAILED", sentence, { host: url, details: { withheld: true } });
  };
  // a directory that was not reached has heard no password; one that wants TLS first says nothing about it
  const unheard = (error: unknown): boolean =>
    error instanceof ResultCodeError
      ? !(error instanceof InvalidCredentialsError)
      : /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT|certificate|Connection timeout/i.test(errorText(error));
  return withTurn({ user, password, server, label: url }, () => client.bind(user, password), withheld, unheard);
}

function errorText(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return `${code ?? ""} ${message}`;
}

/** The filter for all Edges, or for one of a name; whatever stands in the name arrives escaped. */
export function edgeFilter(name?: string): string {
  return name === undefined ? `${EDGES})` : `${EDGES}${escapeFilter`(cn=${name})`})`;
}

async function configurationBase(client: Client): Promise<string> {
  const attributes = ["configurationNamingContext"];
  const { searchEntries } = await client.search("", { scope: "base", filter: "(objectClass=*)", attributes });
  const base = searchEntries[0] && text(searchEntries[0], "configurationNamingContext");
  if (!base) throw new ExchangeError("INVALID_ARGUMENT", "The directory names no configuration partition; set directory.baseDn.");
  return base;
}

async function search(client: Client, base: string, filter: string, attributes: string[], pageSize: number): Promise<Entry[]> {
  const { searchEntries } = await client.search(base, {
    scope: "sub",
    filter,
    attributes,
    explicitBufferAttributes: ["msExchServerInternalTLSCert"],
    paged: { pageSize },
  });
  return searchEntries;
}

function toEdge(entry: Entry): DirectoryEdge {
  const certificate = certificateOf(entry);
  const address = list(entry, "networkAddress").find((value) => /^ncacn_ip_tcp:/i.test(value));
  return {
    name: text(entry, "cn") ?? entry.dn,
    dn: entry.dn,
    fqdn: address?.slice("ncacn_ip_tcp:".length).toLowerCase() ?? null,
    site: text(entry, "msExchServerSite"),
    certificate,
    thumbprint: certificate && describeCertificate(certificate).thumbprint,
  };
}

function certificateOf(entry: Entry): Buffer | null {
  const [blob] = values(entry, "msExchServerInternalTLSCert");
  if (!Buffer.isBuffer(blob) || blob.length === 0) return null;
  try {
    const der = readSerialisedCertificate(blob);
    describeCertificate(der);
    return der;
  } catch {
    return null;
  }
}

function toConnector(entry: Entry): DirectorySendConnector {
  return {
    name: text(entry, "cn") ?? entry.dn,
    dn: entry.dn,
    tlsCertificateName: text(entry, "msExchSmtpTLSCertificate"),
    fqdn: text(entry, "msExchSMTPSendConnectorFQDN"),
    tlsDomain: text(entry, "msExchSmtpSendTlsDomain"),
    enabled: text(entry, "msExchSmtpSendEnabled") !== "FALSE",
    sources: list(entry, "msExchSourceBridgeheadServersDN"),
  };
}

function toSubscription(edge: DirectoryEdge): { name: string; site: string }[] {
  return edge.site ? [{ name: edge.name, site: edge.site }] : [];
}

function values(entry: Entry, attribute: string): (Buffer | string)[] {
  const key = Object.keys(entry).find((name) => name.toLowerCase() === attribute.toLowerCase());
  const value = key === undefined ? [] : entry[key];
  return Array.isArray(value) ? value : [value];
}

const list = (entry: Entry, attribute: string): string[] =>
  values(entry, attribute)
    .map(String)
    .filter((value) => value !== "");

const text = (entry: Entry, attribute: string): string | null => list(entry, attribute)[0] ?? null;

function directoryError(url: string, error: unknown): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const { name, message } = error as Error;
  if (name === "InvalidCredentialsError") {
    return new ExchangeError("LOGIN_FAILED", `${url} refused bindDn and password.`, { host: url });
  }
  // A refusal by the server often has no text but its number; ldapts names it.
  if (error instanceof ResultCodeError) {
    const said = message.replace(/\s*Code: 0x[0-9a-f]+$/i, "").trim();
    const reason = [name.replace(/Error$/, ""), said].filter(Boolean).join(": ");
    const hint = "The directory server answered and refused: check directory.baseDn and what the account may read.";
    return new ExchangeError("HOST_UNREACHABLE", `${url} cannot be read: ${reason}.`, { host: url, hint, cause: error });
  }
  return new ExchangeError("HOST_UNREACHABLE", `${url} cannot be read: ${message}.`, { host: url, retryable: true, cause: error });
}
