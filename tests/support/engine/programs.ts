/** Programs of the tests, built from the package's public classes with what a test varies as parameters. */
import * as pulumi from "@pulumi/pulumi";
import { EdgeFleet, type CertificateSettings, type ConnectionArgs, type EdgeFleetArgs } from "pulumi-exchange";
import type { PulumiFn } from "@pulumi/pulumi/automation";
import type { IssuedCertificate } from "../../../lab/issued";
import type { Lab } from "../../../lab/start";
import { issuedCertificates } from "../../../lab/issued";

export const SITE = "Default-First-Site-Name";
export const OFFICE = "Outbound to Office 365";
export const PARTNER = "Partner fabrikam";

/** Changed connections by host. */
export type ConnectionChanges = Record<string, Partial<ConnectionArgs>>;

/** Connections of the lab's hosts, with `changes` (by host) on top. */
export function hostsOf(lab: Lab, changes: ConnectionChanges = {}): Record<string, ConnectionArgs> {
  const list = lab.ready.hosts.map(({ name, ssh }) => [name, { name, ...ssh, ...changes[name] }] as const);
  return Object.fromEntries(list);
}

/** A certificate that the scenario issued. */
export function issued(lab: Lab, name: string): IssuedCertificate {
  const found = issuedCertificates(lab.organisation).find((one) => one.name === name);
  if (!found) throw new Error(`The scenario issues no certificate ${name}.`);
  return found;
}

/** A certificate as source of a resource. */
export function pfxSource(lab: Lab, name: string): { pfx: string; password: string } {
  const { pfx, password } = issued(lab, name);
  return { pfx, password };
}

/** What a fleet program varies. */
export interface FleetOptions {
  /** Issued certificate of all Edges, or by Edge. */
  certificate: string | Record<string, string>;
  edges?: string[];
  /** Send connectors that carry the name. */
  connectors?: string[];
  mailboxHosts?: string[];
  hosts?: ConnectionChanges;
  /** More settings of every certificate. */
  settings?: Partial<CertificateSettings>;
  /** More arguments of the fleet. */
  args?: Partial<EdgeFleetArgs>;
  /** Name of the component. */
  name?: string;
}

/** The quickstart's program: one certificate on every Edge, a copy on the Mailbox server, the shared connector. */
export function fleet(lab: Lab, options: FleetOptions): PulumiFn {
  const { edges = ["EDGE01", "EDGE02"], connectors = [OFFICE], mailboxHosts = ["MBX01"], name = "edges" } = options;
  const hosts = hostsOf(lab, options.hosts);
  return () => {
    const { thumbprints } = new EdgeFleet(name, {
      organization: hosts.MBX01,
      site: SITE,
      edges: edges.map((edge) => ({ edge: hosts[edge], certificate: settingsOf(lab, edge, options) })),
      mailboxHosts: mailboxHosts.map((one) => hosts[one]),
      sendConnectors: connectors.map((connector) => ({ connector })),
      ...options.args,
    });
    return Promise.resolve({ thumbprints: pulumi.output(thumbprints) });
  };
}

function settingsOf(lab: Lab, edge: string, { certificate, settings }: FleetOptions): CertificateSettings {
  const name = typeof certificate === "string" ? certificate : certificate[edge];
  return { source: pfxSource(lab, name), services: ["SMTP"], defaultSmtp: "replace", ...settings };
}
