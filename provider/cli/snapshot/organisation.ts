/** What a Mailbox server tells of the whole organisation. */
import type { Copy } from "../../../lab/model/copySchema";
import { organizationOf } from "../../exchange/authConfig";
import { text } from "../../exchange/shell";
import { listSubscriptions, siteName } from "../../exchange/subscriptions";
import { readSerialisedCertificate } from "../../pki";
import type { HostSession } from "../../remote/sessions";
import { ACCEPTED_DOMAIN, EDGESYNC_CONFIG, HYBRID, REMOTE_DOMAIN, SEND_CONNECTOR } from "./properties";
import type { Reading } from "./reading";

type Bag = { [property: string]: unknown };

export interface OrganisationLook extends Pick<
  Copy,
  "sendConnectors" | "acceptedDomains" | "remoteDomains" | "hybrid" | "auth" | "edgeSync" | "edges"
> {
  /** The organisation's name and Active Directory domain. */
  organisation: string;
  domain: string;
  sites: string[];
  /** Mailbox servers and their sites, upper case. */
  siteOf: ReadonlyMap<string, string>;
  /** Names of all Mailbox servers. */
  mailboxServers: string[];
}

export async function lookAtOrganisation(session: HostSession, reading: Reading): Promise<OrganisationLook> {
  const { name } = session.facts;
  const list = async (cmdlet: string, select: string[]): Promise<Bag[]> =>
    (await reading.attempt(name, cmdlet, async () => (await session.invoke<Bag>(cmdlet, {}, select)).objects)) ?? [];
  const servers = await list("Get-ExchangeServer", ["Name", "Fqdn", "ServerRole", "Site", "AdminDisplayVersion", "DistinguishedName"]);
  const own = servers.find((one) => text(one.Name).toUpperCase() === name.toUpperCase());
  const edges = servers.filter(({ ServerRole }) => text(ServerRole) === "Edge");
  const inside = servers.filter((one) => !edges.includes(one));
  const sites = (await list("Get-ADSite", ["Name"])).map((one) => text(one.Name)).filter((one) => one !== "");
  const siteOf = new Map(inside.map((one) => [text(one.Name).toUpperCase(), siteName(text(one.Site))]));
  const hybrid = await list("Get-HybridConfiguration", HYBRID);
  const [edgeSync] = await list("Get-EdgeSyncServiceConfig", EDGESYNC_CONFIG);
  return {
    organisation: organizationOf(text(own?.DistinguishedName)) || "First Organization",
    domain: domainOf(text(own?.DistinguishedName)) || session.facts.fqdn.split(".").slice(1).join("."),
    sites: sites.length > 0 ? sites : [...new Set(siteOf.values())],
    siteOf,
    mailboxServers: inside.map((one) => text(one.Name)),
    sendConnectors: await list("Get-SendConnector", SEND_CONNECTOR),
    acceptedDomains: await list("Get-AcceptedDomain", ACCEPTED_DOMAIN),
    remoteDomains: await list("Get-RemoteDomain", REMOTE_DOMAIN),
    hybrid: hybrid[0] ?? null,
    auth: (await reading.attempt(name, "Get-AuthConfig", () => authOf(session))) ?? null,
    edgeSync: edgeSync ?? {},
    edges: (await reading.attempt(name, "Get-EdgeSubscription", () => edgesOf(session, reading, edges))) ?? [],
  };
}

function domainOf(dn: string): string {
  return [...dn.matchAll(/DC=([^,]+)/gi)].map((match) => match[1]).join(".");
}

async function authOf(session: HostSession): Promise<Copy["auth"]> {
  const select = [
    "CurrentCertificateThumbprint",
    "PreviousCertificateThumbprint",
    "NextCertificateThumbprint",
    "NextCertificateEffectiveDate",
  ];
  const [object] = (await session.invoke<Bag>("Get-AuthConfig", {}, select)).objects;
  if (!object) return null;
  const [current, previous, next] = select.slice(0, 3).map((one) => text(object[one]).toUpperCase() || null);
  return { current, previous, next, nextEffective: text(object.NextCertificateEffectiveDate) || null };
}

async function edgesOf(session: HostSession, reading: Reading, servers: Bag[]): Promise<Copy["edges"]> {
  const found = await listSubscriptions(session);
  return Promise.all(
    found.map(async ({ name, site }) => {
      const server = servers.find((one) => text(one.Name).toUpperCase() === name.toUpperCase());
      const certificate = await reading.attempt(name, "the certificate of the subscription", async () => {
        const { blob } = await session.request("directory.internalCertificate", { server: name });
        return blob ? reading.seen(readSerialisedCertificate(Buffer.from(blob, "base64"))) : null;
      });
      const version = versionOf(text(server?.AdminDisplayVersion));
      return { name, fqdn: text(server?.Fqdn) || name, site, version, certificate: certificate ?? null };
    }),
  );
}

/** `Version 15.2 (Build 1544.4)` → `15.2.1544.4` */
function versionOf(printed: string): string {
  const numbers = printed.match(/\d+/g) ?? [];
  return numbers.length >= 4 ? numbers.slice(0, 4).join(".") : "15.2.1544.4";
}
