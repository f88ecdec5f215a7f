/** The configuration partition out of the model's state: names and attributes of exchange.md 6 and 15.9. */
import type { LabOrganisation } from "../model/contract";
import type { DirectoryEntry } from "./ldap/filter";
import type { AttributeValues } from "./ldap/messages";
import { hybridAttributes, receiveConnectorAttributes, sendConnectorAttributes, virtualServerDn } from "./directoryAttributes";

type Bag = { [property: string]: unknown };
interface State {
  servers: { name: string; fqdn: string; role: string; site?: string | null; receiveConnectors: Bag[] }[];
  subscriptions: { Name: string; Site: string }[];
  sendConnectors: Bag[];
  hybrid: Bag | null;
}

/** A model may know more of a server's object. */
interface WithAttributes {
  serverAttributes?(name: string): { [attribute: string]: unknown };
}

/** Bits of msExchCurrentServerRoles: Edge 64; mailbox 2, client access 4, unified messaging 16, hub transport 32. */
const ROLES: { [role: string]: number } = { Edge: 64, Mailbox: 54 };
const SERVER_CLASSES = ["top", "server", "msExchExchangeServer"];

/** Every entry below the configuration naming context. Empty for a model without directory names. */
export function directoryTree(organisation: LabOrganisation, configuration: string): DirectoryEntry[] {
  const state = organisation.state() as Partial<State>;
  const { servers = [], subscriptions = [], sendConnectors = [], hybrid } = state;
  const inside = servers.filter(({ role }) => role === "Mailbox");
  const anchor = inside.flatMap((server) => server.receiveConnectors ?? []).find((bag) => bag.DistinguishedName);
  if (!anchor) return [];
  // CN=<connector>,CN=SMTP Receive Connectors,CN=Protocols,CN=<server>,CN=Servers,…
  const serversDn = String(anchor.DistinguishedName).replace(/^.*?,CN=Protocols,CN=[^,]+,/, "");
  const subscribed = subscriptions.flatMap((item) => {
    const server = servers.find(({ name }) => name === item.Name);
    return server ? [{ ...server, site: item.Site }] : [];
  });
  const siteDn = (site: string): string => `CN=${site},CN=Sites,${configuration}`;
  const blobOf = (name: string): Uint8Array | null => organisation.internalCertificate(inside[0].name, name);
  return [
    ...containers(serversDn, configuration),
    ...[...new Set([...inside, ...subscribed].flatMap(({ site }) => (site ? [site] : [])))].map((site) =>
      entry(siteDn(site), ["top", "site"], {}),
    ),
    ...[...inside, ...subscribed].flatMap((server) => [
      entry(`CN=${server.name},${serversDn}`, SERVER_CLASSES, {
        networkAddress: [`netbios:${server.name}`, `ncacn_ip_tcp:${server.fqdn}`],
        msExchCurrentServerRoles: ROLES[server.role],
        msExchServerSite: server.site && siteDn(server.site),
        msExchServerInternalTLSCert: blobOf(server.name),
        ...(organisation as WithAttributes).serverAttributes?.(server.name),
      }),
      ...protocols(server.name, serversDn),
    ]),
    ...inside.flatMap((server) =>
      server.receiveConnectors.map((bag) => entry(String(bag.DistinguishedName), bag.ObjectClass, receiveConnectorAttributes(bag))),
    ),
    ...connectorContainers(sendConnectors),
    ...sendConnectors.map((bag) => entry(String(bag.DistinguishedName), bag.ObjectClass, sendConnectorAttributes(bag, serversDn))),
    ...(hybrid ? [entry(String(hybrid.DistinguishedName), hybrid.ObjectClass, hybridAttributes(hybrid, serversDn))] : []),
  ];
}

/** The containers below a server, and its SMTP virtual server. // [L15] 15.9 */
function protocols(server: string, serversDn: string): DirectoryEntry[] {
  const below = `CN=Protocols,CN=${server},${serversDn}`;
  return [
    ...[below, `CN=SMTP Receive Connectors,${below}`, `CN=SMTP,${below}`].map((dn) => entry(dn, ["top", "container"], {})),
    entry(virtualServerDn(server, serversDn), ["top", "protocolCfgSMTPServer"], {}),
  ];
}

/** From `CN=Connections` up to the routing groups. */
function connectorContainers([first]: Bag[]): DirectoryEntry[] {
  if (!first) return [];
  const [, ...above] = String(first.DistinguishedName).split(/(?<!\\),/);
  return [0, 1, 2].map((index) => entry(above.slice(index).join(","), ["top", "container"], {}));
}

/** From the organisation's container down to the servers' one. */
function containers(serversDn: string, configuration: string): DirectoryEntry[] {
  const parts = serversDn.slice(0, -configuration.length - 1).split(",");
  const above = parts.map((_part, index) => `${parts.slice(index).join(",")},${configuration}`);
  // …,CN=<organisation>,CN=Microsoft Exchange,CN=Services
  const organisation = above.length - 3;
  return above.map((dn, index) => entry(dn, index === organisation ? ["top", "msExchOrganizationContainer"] : ["top", "container"], {}));
}

function entry(dn: string, classes: unknown, attributes: { [name: string]: unknown }): DirectoryEntry {
  const cn = /^CN=((?:\\.|[^,\\])+)/i.exec(dn)?.[1].replace(/\\(.)/g, "$1") ?? "";
  const given = Object.entries(attributes).map(([name, value]): [string, AttributeValues] => [name, attributeValues(value)]);
  const own = { objectClass: attributeValues(classes), cn: [cn], name: [cn], distinguishedName: [dn] };
  return { dn, attributes: { ...own, ...Object.fromEntries(given.filter(([, values]) => values.length > 0)) } };
}

/** LDAP's forms: booleans in capitals, nothing for null or empty text. */
function attributeValues(value: unknown): AttributeValues {
  if (value === null || value === undefined || value === "") return [];
  if (value instanceof Uint8Array) return [Buffer.from(value)];
  if (Array.isArray(value)) return value.flatMap(attributeValues);
  return [typeof value === "boolean" ? String(value).toUpperCase() : String(value)];
}
