/** Random organisations and operators' edits, for what the directory and the shells are both asked about. */
import fc from "fast-check";
import { directoryTree } from "../../lab/doors/directoryTree";
import type { DirectoryEntry } from "../../lab/doors/ldap/filter";
import type { ScenarioInput } from "../../lab/model/scenarioSchema";
import type { Lab } from "../../lab/start";

const SITES = ["Berlin", "Lisbon"];
const DAYS = { notBeforeDays: -100, notAfterDays: 200 };

/** As many Edges and connectors as asked, each Edge subscribed. */
export function organisationOf(edges: number, connectors: number, sites = 1): ScenarioInput {
  const names = Array.from({ length: edges }, (_one, index) => `EDGE${String(index + 1).padStart(2, "0")}`);
  // many Edges may share one certificate, but never with a Mailbox server (exchange.md 15.6)
  const own = (name: string): string => (edges > 8 && name.startsWith("EDGE") ? "own-EDGE01" : `own-${name}`);
  const inside = SITES.slice(0, sites).map((site, index) => ({ name: `MBX0${index + 1}`, site }));
  const all = [...names, ...inside.map(({ name }) => name)];
  const siteOf = (index: number): string => SITES[index % sites];
  return {
    name: "random",
    description: "An organisation of a size that a test asks for.",
    organisation: "Adatum",
    domain: "adatum.com",
    sites: SITES.slice(0, sites),
    version: "15.2.1748.10",
    authorities: { root: { subject: "CN=Adatum CA, O=Adatum, C=DE", notBeforeDays: -2000, notAfterDays: 5000 } },
    certificates: {
      shared: { authority: "root", subject: "CN=mail.adatum.com", domainNames: ["mail.adatum.com"], ...DAYS },
      ...Object.fromEntries(
        [...new Set(all.map(own))].map((key) => {
          const name = key.slice(4);
          const fqdn = `${name.toLowerCase()}.adatum.com`;
          return [key, { authority: "root", subject: `CN=${fqdn}`, domainNames: [fqdn], ...DAYS }];
        }),
      ),
    },
    servers: [
      ...inside.map(({ name, site }) => ({
        ...{ name, site, fqdn: `${name.toLowerCase()}.adatum.com`, role: "Mailbox" as const, chain: ["root"] },
        certificates: [
          { certificate: own(name), smtp: true },
          { certificate: "shared", smtp: true },
        ],
        default: own(name),
      })),
      ...names.map((name) => ({
        ...{ name, fqdn: `${name.toLowerCase()}.adatum.com`, role: "Edge" as const, chain: ["root"] },
        certificates: [
          { certificate: own(name), smtp: true },
          { certificate: "shared", smtp: true },
        ],
        default: own(name),
      })),
    ],
    subscriptions: names.map((edge, index) => ({ edge, site: siteOf(index) })),
    acceptedDomains: ["adatum.com"],
    sendConnectors: Array.from({ length: connectors }, (_one, index) => ({
      Name: `Partner ${index + 1}`,
      AddressSpaces: [`smtp:partner${index + 1}.example;1`],
      SourceTransportServers: [names[index % edges]],
      certificate: "shared",
    })),
    hybrid: { certificate: "shared", EdgeTransportServers: names.slice(0, 1) },
  };
}

/** The directory's tree without what an account must not see: each entry becomes those that it is changed to. */
export function hide(lab: Lab, change: (entry: DirectoryEntry) => DirectoryEntry[]): void {
  const organisation = lab.organisation as { directoryEntries?: () => DirectoryEntry[] };
  organisation.directoryEntries = () => directoryTree(lab.organisation, lab.ready.directory.baseDn).flatMap(change);
}

/** What somebody types at a Mailbox server. */
export interface Edit {
  cmdlet: string;
  parameters: { [name: string]: unknown };
}

/** Edits of what AD holds; names with what LDAP and DNs escape. */
export function edits(connectors: readonly string[], edges: readonly string[]): fc.Arbitrary<Edit> {
  const name = fc.constantFrom("<I>CN=A, O=B, C=DE<S>CN=mail.adatum.com", '<I>CN=Ünïcode, O="x, y"<S>CN=*.adatum.com', null);
  const set = (parameters: fc.Arbitrary<{ [name: string]: unknown }>): fc.Arbitrary<Edit> =>
    fc.tuple(fc.constantFrom(...connectors), parameters).map(([Identity, given]) => ({
      cmdlet: "Set-SendConnector",
      parameters: { Identity, ...given },
    }));
  return fc.oneof(
    set(fc.record({ TlsCertificateName: name })),
    set(fc.record({ RequireTLS: fc.boolean() })),
    set(
      fc
        .constantFrom("EncryptionOnly", "CertificateValidation")
        .map((TlsAuthLevel) => ({ RequireTLS: true, TlsDomain: null, TlsAuthLevel })),
    ),
    set(fc.constant({ RequireTLS: true, TlsAuthLevel: "DomainValidation", TlsDomain: "partner.example" })),
    set(fc.record({ Fqdn: fc.constantFrom("mail.adatum.com", null) })),
    set(fc.record({ Enabled: fc.boolean(), CloudServicesMailEnabled: fc.boolean(), IgnoreSTARTTLS: fc.boolean() })),
    set(fc.subarray([...edges], { minLength: 1 }).map((SourceTransportServers) => ({ SourceTransportServers }))),
    name.map((TlsCertificateName) => ({ cmdlet: "Set-HybridConfiguration", parameters: { TlsCertificateName } })),
    fc.constantFrom(...connectors).map((Identity) => ({ cmdlet: "Remove-SendConnector", parameters: { Identity, Confirm: false } })),
    fc.constantFrom(...edges).map((Identity) => ({ cmdlet: "Remove-EdgeSubscription", parameters: { Identity, Confirm: false } })),
    fc.constantFrom("Odd (one), #1+2", 'With "quotes" = and \\ backslash').map((Name) => ({
      cmdlet: "New-SendConnector",
      parameters: { Name, AddressSpaces: ["smtp:odd.example;1"], SourceTransportServers: [edges[0]] },
    })),
  );
}
