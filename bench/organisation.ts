/** An organisation of some sites, each with a Mailbox server and Edges of its own; each Edge has its own certificate and its own connectors. */
import { setKeySource, type KeyPair } from "../lab/model/authority";
import type { ScenarioInput } from "../lab/open";
import type { JsonObject } from "../provider/base/json";
import type { Declare, Program } from "../tests/support/faults/engine";
import type { Surroundings } from "../tests/support/faults/programs";
import { readyKey } from "../tests/support/keys";

export interface FleetSize {
  sites: number;
  /** In each site. */
  edges: number;
  /** Send connectors whose one source is the Edge, for each. */
  connectors: number;
}

const two = (number: number): string => String(number).padStart(2, "0");
export const siteName = (site: number): string => `Site ${site}`;
export const mailbox = (site: number): string => `MBX${two(site)}`;
const range = (count: number): number[] => Array.from({ length: count }, (_none, index) => index + 1);
export const edgesOf = (site: number, { edges }: FleetSize): string[] => range(edges).map((number) => `EDGE${site}${two(number)}`);
const ownConnectors = (edge: string, { connectors }: FleetSize): string[] =>
  range(connectors).map((number) => `Partner of ${edge} ${number}`);
const nameOf = (edge: string): string => `${edge.toLowerCase()}.contoso.com`;
const CHAIN = ["root", "issuing"];

/** Ready-made keys come round again: not those of authorities and Mailbox servers, for an Edge must not share a key with them. */
export function useReadyKeys({ sites }: FleetSize): void {
  const inside = new Set<KeyPair>();
  setKeySource((bits, use) => {
    if (bits !== 2048) return undefined;
    for (;;) {
      const key = readyKey(use);
      if (inside.size < 2 + sites && use === "scenario") inside.add(key);
      else if (inside.has(key)) continue;
      return key;
    }
  });
}

export const connectorsOf = ({ sites, edges, connectors }: FleetSize): number => sites * edges * connectors;

/** Deployed with `v1`; `v2` renews it under the same names. */
export function organisation(size: FleetSize): ScenarioInput {
  const sites = range(size.sites);
  const all = sites.flatMap((site) => edgesOf(site, size));
  const issued = (edge: string, notBeforeDays: number, notAfterDays: number): object => ({
    ...{ authority: "issuing", subject: `CN=${nameOf(edge)}`, domainNames: [nameOf(edge)], notBeforeDays, notAfterDays },
  });
  const installed = (edge: string): object => ({ certificate: `${edge}-v1`, smtp: true, friendlyName: nameOf(edge) });
  return {
    name: "many-edges",
    organisation: "Contoso",
    domain: "contoso.com",
    sites: sites.map(siteName),
    authorities: {
      root: { subject: "CN=Contoso Root CA, O=Contoso, C=US", notBeforeDays: -2000, notAfterDays: 5000 },
      issuing: { subject: "CN=Contoso Issuing CA, O=Contoso, C=US", parent: "root", notBeforeDays: -1500, notAfterDays: 2000 },
    },
    certificates: Object.fromEntries(
      all.flatMap((edge) => [
        [`${edge}-v1`, issued(edge, -355, 9.5)],
        [`${edge}-v2`, issued(edge, -1, 364.5)],
      ]),
    ),
    servers: [
      ...sites.map((site) => ({
        name: mailbox(site),
        fqdn: nameOf(mailbox(site)),
        role: "Mailbox",
        site: siteName(site),
        chain: CHAIN,
        certificates: all.map(installed),
      })),
      ...all.map((edge) => ({
        ...{ name: edge, fqdn: nameOf(edge), role: "Edge", chain: CHAIN, setup: false },
        ...{ certificates: [installed(edge)], default: `${edge}-v1` },
      })),
    ],
    subscriptions: sites.flatMap((site) => edgesOf(site, size).map((edge) => ({ edge, site: siteName(site) }))),
    acceptedDomains: ["contoso.com"],
    sendConnectors: all.flatMap((edge) =>
      ownConnectors(edge, size).map((name, index) => ({
        Name: name,
        AddressSpaces: [`smtp:partner${index + 1}.${edge.toLowerCase()}.example;5`],
        SourceTransportServers: [edge],
        certificate: `${edge}-v1`,
      })),
    ),
  } as unknown as ScenarioInput;
}

/** What a fleet a site declares: copies on every Mailbox server, Edge after Edge, connectors at the site's end. */
export function programOf(around: Surroundings, size: FleetSize, version: "v1" | "v2"): Program {
  return async (declare) => {
    for (const site of range(size.sites)) await oneSite({ declare, around, size, version, site });
  };
}

interface Site {
  declare: Declare;
  around: Surroundings;
  size: FleetSize;
  version: string;
  site: number;
}

async function oneSite({ declare, around, size, version, site }: Site): Promise<void> {
  const organization = around.connection(mailbox(site));
  const made: { edge: string; certificate: JsonObject }[] = [];
  let after: unknown[] = [];
  for (const [index, edge] of edgesOf(site, size).entries()) {
    const { pfx, password } = around.certificate(`${edge}-${version}`);
    const source = { pfx, password };
    for (const one of range(size.sites)) {
      await declare("Certificate", `${edge}-on-${mailbox(one)}`, { host: around.connection(mailbox(one)), source, services: [] });
    }
    const others = edgesOf(site, size).slice(1);
    const peers = index === 0 && others.length > 0 ? { peers: others.map((other) => around.connection(other)) } : {};
    const host = around.connection(edge);
    const certificate = await declare("Certificate", `${edge}-certificate`, {
      ...{ host, organization, source, services: ["SMTP"], defaultSmtp: "replace", drain: "hold" },
      ...peers,
    });
    const { thumbprint: certificateThumbprint, revision } = certificate;
    const subscription = await declare("EdgeSubscription", `${edge}-subscription`, {
      ...{ edge: host, organization, site: siteName(site), certificateThumbprint, after: [revision] },
    });
    const service = await declare("TransportService", `${edge}-transport`, {
      ...{ host, organization, expectThumbprint: certificateThumbprint, after: [revision, subscription.revision] },
    });
    after = [...after, service.revision];
    made.push({ edge, certificate });
  }
  for (const { edge, certificate } of made) {
    const sources = [{ host: around.connection(edge), thumbprint: certificate.thumbprint }];
    for (const connector of ownConnectors(edge, size)) {
      await declare("SendConnectorTls", connector, {
        ...{ host: organization, connector, tlsCertificateName: certificate.tlsCertificateName, sources, after },
      });
    }
  }
}
