/** One LDAP connection: TLS as asked, one bind, searches in pages, and every failure in words. */
import { Client, InvalidCredentialsError, ResultCodeError, type Entry } from "ldapts";
import { ExchangeError } from "../base/errors";
import { mayDial, rehearsedDirectory } from "../rehearsal";
import { withTurn } from "../remote/accounts";
import type { DirectoryConnection } from "../remote/hosts";
import { resolveSecret } from "../remote/secrets";

const TIMEOUT_MS = 20_000;
/** Below Active Directory's own limit of 1000 (MaxPageSize). */
const PAGE_SIZE = 500;

export interface SearchOptions {
  pageSize?: number;
  timeoutMs?: number;
}
/** A bound connection. */
export interface Bound {
  /** Below the configuration naming context. */
  search(filter: string, attributes: string[]): Promise<Entry[]>;
}

/**
 * Opens, binds, works, closes. `ldaps://`, and `ldap://` with `startTls`, are verified against `ca`, else against the machine's CAs; the
 * password is sent after that. Errors: HOST_UNREACHABLE (no answer, certificate refused: with the reason), LOGIN_FAILED, SECRET_UNAVAILABLE.
 */
export async function withDirectory<T>(
  directory: DirectoryConnection,
  { pageSize = PAGE_SIZE, timeoutMs = TIMEOUT_MS }: SearchOptions,
  work: (bound: Bound) => Promise<T>,
): Promise<T> {
  const own = directory.password === undefined ? undefined : await resolveSecret(directory.password);
  const { url, ca, startTls, bindDn, baseDn, password }: Omit<DirectoryConnection, "password"> & { password?: string } =
    rehearsedDirectory() ?? { ...directory, password: own };
  mayDial(hostIn(url), portIn(url));
  const tlsOptions = ca ? { ca } : {};
  const secure = /^ldaps:/i.test(url);
  const client = new Client({ url, timeout: timeoutMs, connectTimeout: timeoutMs, ...(secure ? { tlsOptions } : {}) });
  try {
    if (startTls && !secure) await client.startTLS({ ...tlsOptions, host: hostIn(url) });
    if (bindDn) await bind(client, url, bindDn, password ?? "");
    const base = baseDn ?? (await configurationBase(client));
    return await work({ search: (filter, attributes) => search(client, base, filter, attributes, pageSize) });
  } catch (error) {
    throw directoryError(url, error);
  } finally {
    await client.unbind().catch(() => undefined);
  }
}

/** The name that the certificate must be for. */
const hostIn = (url: string): string =>
  url
    .replace(/^ldaps?:\/\//i, "")
    .replace(/(:\d+)?\/?$/, "")
    .replace(/^\[|\]$/g, "");

function portIn(url: string): number {
  const [, port] = /:(\d+)\/?$/.exec(url) ?? [];
  return Number(port ?? (/^ldaps:/i.test(url) ? 636 : 389));
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

async function configurationBase(client: Client): Promise<string> {
  const attributes = ["configurationNamingContext"];
  const { searchEntries } = await client.search("", { scope: "base", filter: "(objectClass=*)", attributes });
  const base = searchEntries[0]?.configurationNamingContext;
  if (typeof base === "string" && base !== "") return base;
  throw new ExchangeError("INVALID_ARGUMENT", "The directory names no configuration partition; set directory.baseDn.");
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
