/**
 * A copy that can be sent with a bug report: names, domains, thumbprints, serial numbers, keys, addresses and comments are replaced
 * consistently, certificates are made anew. What is left of a real name anywhere is an error: such a file is not handed out.
 */
import type { ScenarioInput } from "../model/scenarioSchema";
import type { Copy } from "../model/copySchema";
import { readCertificate, type Certificate } from "../model/x509";
import { madeAnew } from "./certificates";
import { valueOf } from "./names";
import { Pseudonyms } from "./pseudonyms";
import { ownersIn, Texts } from "./texts";

export type Copied = ScenarioInput & { copy: Copy };

/** @throws Error naming what would still be there */
export async function anonymised(snapshot: Copied): Promise<Copied> {
  const certificates = Object.values(snapshot.copy.certificates).map((der) => readCertificate(Buffer.from(der, "base64")));
  const pseudonyms = new Pseudonyms([snapshot.domain, ...domainsOf(snapshot.copy)]);
  const servers = nameServers(snapshot, pseudonyms);
  nameOrganisation(snapshot, pseudonyms);
  const naming = {
    value: (oid: string, text: string) => valueOf(oid, text, pseudonyms, (name) => servers.get(name.toLowerCase())),
    domain: (name: string) => pseudonyms.domain(name),
  };
  const made = await madeAnew(certificates, naming);
  nameCertificates(certificates, made, pseudonyms);
  const texts = new Texts(pseudonyms);
  const { copy, ...scenario } = snapshot;
  const { certificates: _real, ...rest } = copy;
  const result: Copied = {
    ...(texts.walk(scenario) as Omit<Copied, "copy">),
    name: "anonymised",
    description: "A copy of a live organisation with made-up names, keys and certificates: real state does not fit it.",
    copy: {
      ...(texts.walk(rest) as Omit<Copy, "certificates">),
      servers: Object.fromEntries(
        Object.entries(copy.servers).map(([name, server]) => [
          servers.get(name.toLowerCase()) ?? name,
          texts.walk(server) as Copy["servers"][string],
        ]),
      ),
      anonymised: true,
      certificates: Object.fromEntries([...made.values()].map(({ thumbprint, der }) => [thumbprint, der.toString("base64")])),
    },
  };
  for (const server of Object.values(result.copy.servers))
    server.roots = Object.fromEntries(Object.entries(server.roots).map(([root, subject]) => [texts.text(root), subject]));
  refuseLeaks(snapshot, result, pseudonyms);
  return result;
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function domainsOf({ acceptedDomains, servers, edges }: Copy): string[] {
  const own = acceptedDomains.map(({ DomainName }) => text(DomainName));
  const suffixes = [
    ...edges.map(({ fqdn }) => fqdn),
    ...Object.values(servers).flatMap(({ receiveConnectors }) => receiveConnectors.map(({ Fqdn }) => text(Fqdn))),
  ];
  return [...own, ...suffixes.map((fqdn) => fqdn.split(".").slice(1).join("."))].filter((one) => one.includes("."));
}

/** Real name, lower case → made-up one. */
function nameServers({ servers, copy }: Copied, pseudonyms: Pseudonyms): Map<string, string> {
  const all = [...servers.map(({ name, role }) => ({ name, role })), ...copy.edges.map(({ name }) => ({ name, role: "Edge" as const }))];
  const missing = copy.unread.map(({ host }) => ({ name: host, role: "Mailbox" as const }));
  return new Map([...all, ...missing].map(({ name, role }) => [name.toLowerCase(), pseudonyms.server(name, role)]));
}

function nameOrganisation({ organisation, domain, sites, copy }: Copied, pseudonyms: Pseudonyms): void {
  pseudonyms.named("Organisation", organisation ?? "");
  for (const site of sites ?? []) pseudonyms.named("Site-", site);
  pseudonyms.set(dnOf(domain), dnOf(pseudonyms.domain(domain)));
  pseudonyms.set(dnOf(domain).replaceAll("DC=", "dc=").toLowerCase(), dnOf(pseudonyms.domain(domain)));
  const setup = new Set(Object.keys(copy.servers).map((one) => one.toUpperCase()));
  const named = (bag: { [property: string]: unknown }): void => {
    const name = text(bag.Name);
    // Setup's own carry the server's or the site's name, which is replaced in them.
    const ofSetup = /^EdgeSync - /.test(name) || setup.has(name.split(" ").at(-1)?.toUpperCase() ?? "");
    if (name !== "" && !ofSetup) pseudonyms.named("Connector", name);
  };
  for (const server of Object.values(copy.servers)) {
    for (const bag of [...server.receiveConnectors, ...server.sendConnectors]) named(bag);
    for (const { friendlyName } of server.store)
      if (!/^(Microsoft Exchange|WMSVC)/.test(friendlyName)) pseudonyms.named("Friendly name", friendlyName);
    for (const { friendlyName } of server.requests) pseudonyms.named("Friendly name", friendlyName);
    for (const [kind, owner] of ownersIn(server.files)) pseudonyms.named(`${kind}-`, owner);
  }
  for (const bag of copy.sendConnectors) named(bag);
}

const dnOf = (domain: string): string =>
  domain
    .split(".")
    .map((part) => `DC=${part}`)
    .join(",");

/** Thumbprints, keys, serial numbers and printed names of each certificate. */
function nameCertificates(real: readonly Certificate[], made: ReadonlyMap<string, Certificate>, pseudonyms: Pseudonyms): void {
  for (const one of real) {
    const other = made.get(one.thumbprint)!;
    for (const property of ["thumbprint", "publicKeySha256", "serialNumber", "tlsCertificateName", "subject", "issuer"] as const)
      pseudonyms.set(one[property], other[property]);
    for (const name of one.domainNames) pseudonyms.domain(name);
  }
}

/** What was replaced must not be anywhere; short and everyday words would only be found by chance. */
function refuseLeaks(before: Copied, after: Copied, pseudonyms: Pseudonyms): void {
  const ders = Object.values(after.copy.certificates).map((der) => Buffer.from(der, "base64").toString("latin1"));
  const all = `${JSON.stringify({ ...after, copy: { ...after.copy, certificates: {} } })}\n${ders.join("\n")}`.toLowerCase();
  const made = new Set(pseudonyms.entries.map(([, pseudonym]) => pseudonym.toLowerCase()));
  const left = pseudonyms.entries
    .map(([real]) => real)
    .filter(
      (real) =>
        real.length >= 5 &&
        !real.startsWith("label:") &&
        ![...made].some((one) => one.includes(real)) &&
        all.includes(JSON.stringify(real).slice(1, -1)),
    );
  if (left.length > 0) throw new Error(`${left.length} names would still be in the file of ${before.servers.length} servers.`);
}
