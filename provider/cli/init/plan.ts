/** What of an organisation a program can adopt as it is, and what a person has to look at first. Pure. */
import type { Copy, CopiedServer } from "../../../lab/model/copySchema";
import { isExchangeError } from "../../base/errors";
import { readCertificate, sameTlsCertificateName, type Certificate } from "../../pki";
import { foldJournal, JOURNAL_FILE, parseJournal } from "../../rotation/journal";
import type { Snapshot } from "../snapshot/take";

/** An installed certificate as a program declares it. */
export interface Adopted {
  /** File in the project's folder `certificates`. */
  file: string;
  certificate: Certificate;
  services: ("SMTP" | "IIS" | "POP" | "IMAP")[];
  /** It is the Edge's default, and bound in its subscription. */
  replace: boolean;
}
export interface PlannedEdge {
  server: string;
  adopted: Adopted;
  receiveConnectors: string[];
}
export interface PlannedFleet {
  site: string;
  /** The Mailbox server that the Edges' organisation is asked through. */
  organization: string;
  edges: PlannedEdge[];
  sendConnectors: string[];
}
export interface PlannedName {
  server: string;
  connector: string;
  tlsCertificateName: string;
}
export interface Plan {
  fleets: PlannedFleet[];
  mailbox: { server: string; adopted: Adopted }[];
  send: PlannedName[];
  receive: PlannedName[];
  hybrid: { server: string; tlsCertificateName: string } | null;
  /** One sentence each, for a comment in the program. */
  open: string[];
}

type Bag = { [property: string]: unknown };
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const same = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();

export function planProject(snapshot: Snapshot): Plan {
  const { copy, servers } = snapshot;
  const certificates = new Map(Object.entries(copy.certificates).map(([key, der]) => [key, readCertificate(Buffer.from(der, "base64"))]));
  const open: string[] = [];
  const organisations = servers.filter(({ role }) => role === "Mailbox");
  const edges = servers
    .filter(({ role }) => role === "Edge")
    .flatMap(({ name }) => {
      const subscription = copy.edges.find((one) => same(one.name, name));
      const organization = organisations.find(({ site }) => site?.toUpperCase() === subscription?.site.toUpperCase())?.name;
      const why = subscription && organization ? unfit(copy, name, subscription) : noOrganisation(name, subscription?.site);
      if (why !== null) open.push(`${name} is left out: ${why}. \`npx pulumi-exchange doctor\` says more.`);
      return why === null
        ? [{ site: subscription!.site, organization: organization!, edge: plannedEdge(copy.servers[name], name, certificates) }]
        : [];
    });
  const fleets = [...new Set(edges.map(({ site }) => site))].map((site): PlannedFleet => {
    const own = edges.filter((one) => one.site === site);
    return { site, organization: own[0].organization, edges: own.map(({ edge }) => edge), sendConnectors: [] };
  });
  const [first] = organisations;
  const send = planSendConnectors(copy, fleets, first.name);
  return {
    fleets,
    mailbox: organisations.flatMap(({ name }) => mailboxCertificates(copy, name, certificates)),
    send,
    receive: planReceiveConnectors(copy, fleets),
    hybrid:
      text(copy.hybrid?.TlsCertificateName) === ""
        ? null
        : { server: first.name, tlsCertificateName: text(copy.hybrid?.TlsCertificateName) },
    open: [...open, ...copy.unread.filter(({ what }) => what === "the server").map(({ host, why }) => `${host} was not read: ${why}`)],
  };
}

const noOrganisation = (name: string, site: string | undefined): string =>
  site === undefined ? `${name} is not subscribed to a site` : `the hosts file names no Mailbox server of its site ${site}`;

/** Why an Edge cannot be adopted as it is; null when it can. */
function unfit(copy: Copy, name: string, subscription: Copy["edges"][number]): string | null {
  const server = copy.servers[name];
  if (server.services.MSExchangeTransport?.status !== "Running") return "transport does not run";
  if (hasOpenJournal(server, name)) return "a rotation of it is open; finish it first (`pulumi up` in its stack, or `resume`)";
  const item = server.store.find(({ thumbprint }) => thumbprint === server.default);
  if (server.default === null || !item || item.keyProvider === "none") return "its default certificate is not in its store";
  if (!item.services.includes("SMTP")) return "its default certificate is not enabled for SMTP";
  if (subscription.certificate === null) return "the certificate that its subscription binds cannot be read in Active Directory";
  if (subscription.certificate !== server.default) return "its subscription binds another certificate than its default";
  if (server.ldaps !== server.default) return "AD LDS presents another certificate than its default";
  if (server.starttls === null) return "port 25 presents no certificate";
  if (!server.store.some(({ thumbprint }) => thumbprint === server.starttls))
    return "port 25 presents a certificate that is not in its store";
  const reports = Object.values(copy.servers).flatMap(({ synchronisation }) => synchronisation);
  const report = reports.find((one) => same(text(one.Name).split(".")[0], name));
  if (report?.SyncStatus !== "Normal") return `EdgeSync does not synchronise it (${text(report?.SyncStatus) || "no report"})`;
  const names = copy.sendConnectors
    .filter((one) => sourcesOf(one).some((source) => same(source, name)))
    .map(nameOf)
    .filter(Boolean);
  const lacking = names.find((one) => !carries(server, one, copy));
  return lacking === undefined ? null : `a send connector names ${lacking}, which no usable certificate of it carries`;
}

/** What cannot be read, or was cut off while it was written, may be open. */
function hasOpenJournal({ files }: CopiedServer, host: string): boolean {
  const journal = files.find(({ path }) => path === JOURNAL_FILE);
  if (!journal || journal.text.trim() === "") return false;
  try {
    const { lines, torn } = parseJournal(journal.text, host);
    return torn || foldJournal(lines, host)?.open !== false;
  } catch (error) {
    if (isExchangeError(error, "JOURNAL_UNREADABLE")) return true;
    throw error;
  }
}

const sourcesOf = (bag: Bag): string[] => (Array.isArray(bag.SourceTransportServers) ? bag.SourceTransportServers.map(text) : []);
const nameOf = (bag: Bag): string => text(bag.TlsCertificateName);

function carries({ store }: CopiedServer, name: string, { certificates }: Copy): boolean {
  const fitting = store.filter(({ status, networkService }) => status === "Valid" && networkService);
  return fitting.some(({ thumbprint }) =>
    sameTlsCertificateName(readCertificate(Buffer.from(certificates[thumbprint], "base64")).tlsCertificateName, name),
  );
}

/** The certificate that port 25 presents; it replaces the default only where it is the default. */
function plannedEdge(server: CopiedServer, name: string, certificates: ReadonlyMap<string, Certificate>): PlannedEdge {
  const thumbprint = server.starttls!;
  const own = adopted(server, name, thumbprint, certificates);
  const tls = own.certificate.tlsCertificateName;
  const receive = server.receiveConnectors.filter((bag) => nameOf(bag) !== "" && sameTlsCertificateName(nameOf(bag), tls));
  return {
    server: name,
    adopted: { ...own, services: ["SMTP"], replace: thumbprint === server.default },
    receiveConnectors: receive.map((bag) => text(bag.Name)),
  };
}

const KNOWN = ["SMTP", "IIS", "POP", "IMAP"] as const;

function adopted(server: CopiedServer, name: string, thumbprint: string, certificates: ReadonlyMap<string, Certificate>): Adopted {
  const { services } = server.store.find((one) => one.thumbprint === thumbprint)!;
  const file = `${name.toLowerCase()}-${thumbprint.slice(0, 8).toLowerCase()}.pem`;
  return { file, certificate: certificates.get(thumbprint)!, services: KNOWN.filter((one) => services.includes(one)), replace: false };
}

/** The default, what serves the web, and what a connector names; setup's Auth certificate and that of the web management service are others' business. */
function mailboxCertificates(copy: Copy, name: string, certificates: ReadonlyMap<string, Certificate>): Plan["mailbox"] {
  const server = copy.servers[name];
  const names = copy.sendConnectors.map(nameOf).filter(Boolean);
  const auth = [copy.auth?.current, copy.auth?.previous, copy.auth?.next];
  const wanted = server.store.filter(({ thumbprint, services, keyProvider }) => {
    if (keyProvider === "none" || auth.includes(thumbprint)) return false;
    const named = names.some((one) => sameTlsCertificateName(one, certificates.get(thumbprint)!.tlsCertificateName));
    return thumbprint === server.default || named || services.some((one) => one === "IIS" || one === "POP" || one === "IMAP");
  });
  return wanted.map(({ thumbprint }) => ({ server: name, adopted: adopted(server, name, thumbprint, certificates) }));
}

/** A connector goes with a fleet when its sources are the fleet's Edges and its name is that of their certificate. */
function planSendConnectors(copy: Copy, fleets: PlannedFleet[], organization: string): PlannedName[] {
  return copy.sendConnectors.flatMap((bag) => {
    const [connector, tlsCertificateName] = [text(bag.Name), nameOf(bag)];
    if (tlsCertificateName === "") return [];
    const sources = sourcesOf(bag);
    const fleet = fleets.find(
      ({ edges }) =>
        sources.every((source) =>
          edges.some(
            ({ server, adopted: { certificate } }) =>
              same(server, source) && sameTlsCertificateName(certificate.tlsCertificateName, tlsCertificateName),
          ),
        ) && edges.every(({ adopted: { certificate } }) => sameTlsCertificateName(certificate.tlsCertificateName, tlsCertificateName)),
    );
    if (fleet && sources.length > 0) fleet.sendConnectors.push(connector);
    return fleet && sources.length > 0 ? [] : [{ server: organization, connector, tlsCertificateName }];
  });
}

function planReceiveConnectors(copy: Copy, fleets: readonly PlannedFleet[]): PlannedName[] {
  const planned = fleets.flatMap(({ edges }) => edges);
  return Object.entries(copy.servers).flatMap(([server, { receiveConnectors }]) => {
    const own = planned.find((one) => one.server === server)?.receiveConnectors ?? [];
    const rest = receiveConnectors.filter((bag) => nameOf(bag) !== "" && !own.includes(text(bag.Name)));
    return rest.map((bag) => ({ server, connector: text(bag.Name), tlsCertificateName: nameOf(bag) }));
  });
}
