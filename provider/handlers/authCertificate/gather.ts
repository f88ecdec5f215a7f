/** What the organisation shows of its Auth certificates: the configuration, and every Mailbox server's store. */
import { asExchangeError, isExchangeError } from "../../base/errors";
import { listCertificates, listCertificatesOf, type InstalledCertificate } from "../../exchange/certificates";
import { getAuthConfig } from "../../exchange/authConfig";
import { getHybridConfiguration } from "../../exchange/hybrid";
import { equalNames, text, type Shell } from "../../exchange/shell";
import type { AuthFacts, Seen } from "./decide";

/** Setup's name for it, and ours. */
export const AUTH_NAME = "Microsoft Exchange Server Auth Certificate";
export const AUTH_SUBJECT = `CN=${AUTH_NAME}`;

export interface Gathered extends AuthFacts {
  /** The host's own clock: Exchange judges dates by it. */
  now: Date;
  /** Why a server could not be asked. */
  silent: { server: string; sentence: string }[];
  /** Services of a certificate on a server: what a removal must not hit. `null` = not shown. */
  services: (server: string, thumbprint: string) => string[] | null;
}

export async function gather(shell: Shell): Promise<Gathered> {
  const [{ utc }, config, names, hybrid] = await Promise.all([
    shell.request("hello", {}),
    getAuthConfig(shell),
    mailboxServers(shell),
    hasHybrid(shell),
  ]);
  const stores = new Map<string, InstalledCertificate[]>();
  const silent: Gathered["silent"] = [];
  for (const server of names) {
    try {
      stores.set(server, equalNames(server, shell.facts.name) ? await listCertificates(shell) : await listCertificatesOf(shell, server));
    } catch (error) {
      if (!isExchangeError(error, "CMDLET_FAILED", "CALL_TIMEOUT")) throw error;
      silent.push({ server, sentence: asExchangeError(error).sentence });
    }
  }
  const named = [config.current, config.previous, config.next];
  const own = names.find((server) => equalNames(server, shell.facts.name)) ?? shell.facts.name;
  return {
    config,
    seen: seenOn(stores, (one) => named.includes(one.thumbprint) || (one.subject === AUTH_SUBJECT && one.selfSigned)),
    servers: [...stores.keys()],
    own,
    unread: silent.map(({ server }) => server),
    hybrid,
    now: new Date(utc),
    silent,
    services: (server, thumbprint) => stores.get(server)?.find((one) => one.thumbprint === thumbprint)?.services ?? null,
  };
}

function seenOn(stores: ReadonlyMap<string, InstalledCertificate[]>, counts: (one: InstalledCertificate) => boolean): Seen[] {
  const found = new Map<string, Seen>();
  for (const [server, certificates] of stores) {
    for (const one of certificates.filter(counts)) {
      const { thumbprint, notBefore, notAfter, keyType } = one;
      const entry = found.get(thumbprint) ?? { thumbprint, notBefore, notAfter, ec: keyType !== "RSA", on: [] };
      if (one.hasPrivateKey) entry.on.push(server);
      found.set(thumbprint, entry);
    }
  }
  return [...found.values()];
}

/** Exchange 2013 and later: every server that is no Edge has the Auth certificate. */
async function mailboxServers(shell: Shell): Promise<string[]> {
  const { objects } = await shell.invoke("Get-ExchangeServer", {}, ["Name", "IsEdgeServer", "ServerRole", "AdminDisplayVersion"]);
  return objects
    .filter((one) => one.IsEdgeServer !== true && /^(Version )?15\b/.test(text(one.AdminDisplayVersion)))
    .map((one) => text(one.Name).toUpperCase())
    .sort();
}

async function hasHybrid(shell: Shell): Promise<boolean> {
  try {
    await getHybridConfiguration(shell);
    return true;
  } catch (error) {
    if (isExchangeError(error, "CONNECTOR_NOT_FOUND")) return false;
    throw error;
  }
}
