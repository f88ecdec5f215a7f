/** The expiry overview as data: pure, with `now` as an argument. */
import { daysUntil, isoSeconds } from "../../base/clock";
import type { InstalledCertificate } from "../../exchange/certificates";
import { sameTlsCertificateName } from "../../pki";

/** Days left below which a certificate is red or yellow: the thresholds of Exchange's HealthChecker. */
export const RED_DAYS = 30;
export const YELLOW_DAYS = 60;

export type Light = "expired" | "red" | "yellow" | "green";

/** What one host told. */
export interface HostFindings {
  /** Name in the hosts file. */
  name: string;
  server: string;
  fqdn: string;
  role: "Edge" | "Mailbox" | "None";
  certificates: Pick<
    InstalledCertificate,
    "thumbprint" | "subject" | "issuer" | "notBefore" | "notAfter" | "services" | "tlsCertificateName" | "friendlyName"
  >[];
  defaultThumbprint: string | null;
  /** Connectors with a TlsCertificateName that this host acts for. */
  connectors: { name: string; tlsCertificateName: string }[];
}
/** A host that could not be read. */
export interface HostFailure {
  name: string;
  error: { code: string; sentence: string; hint: string };
}
export interface Row {
  host: string;
  fqdn: string;
  role: HostFindings["role"];
  thumbprint: string;
  subject: string;
  issuer: string;
  friendlyName: string;
  services: string[];
  isDefault: boolean;
  connectors: string[];
  notBefore: string;
  notAfter: string;
  /** Whole days, rounded down; negative once it has expired. */
  daysLeft: number;
  light: Light;
}
export interface Report {
  now: string;
  rows: Row[];
  hosts: { name: string; fqdn: string; role: HostFindings["role"]; certificates: number }[];
  failures: HostFailure[];
}

export function lightOf(daysLeft: number): Light {
  if (daysLeft < 0) return "expired";
  if (daysLeft < RED_DAYS) return "red";
  return daysLeft < YELLOW_DAYS ? "yellow" : "green";
}

/** All certificates of all hosts, the first to expire first. */
export function buildReport(findings: HostFindings[], failures: HostFailure[], now: Date): Report {
  const rows = findings.flatMap((host) => host.certificates.map((one) => row(host, one, now)));
  rows.sort((a, b) => a.notAfter.localeCompare(b.notAfter) || a.host.localeCompare(b.host) || a.thumbprint.localeCompare(b.thumbprint));
  const hosts = findings.map(({ server, fqdn, role, certificates }) => ({ name: server, fqdn, role, certificates: certificates.length }));
  return { now: isoSeconds(now), rows, hosts, failures };
}

function row(host: HostFindings, one: HostFindings["certificates"][number], now: Date): Row {
  const daysLeft = daysUntil(one.notAfter, now);
  const named = host.connectors.filter((connector) => sameTlsCertificateName(connector.tlsCertificateName, one.tlsCertificateName));
  return {
    host: host.server,
    fqdn: host.fqdn,
    role: host.role,
    thumbprint: one.thumbprint,
    subject: one.subject,
    issuer: one.issuer,
    friendlyName: one.friendlyName,
    services: one.services ?? [],
    isDefault: one.thumbprint === host.defaultThumbprint,
    connectors: named.map((connector) => connector.name),
    notBefore: isoSeconds(one.notBefore),
    notAfter: isoSeconds(one.notAfter),
    daysLeft,
    light: lightOf(daysLeft),
  };
}

/** `9 days`, `1 day`, `expired 3 days ago`. */
export function daysInWords(daysLeft: number): string {
  const count = daysLeft < 0 ? -daysLeft - 1 : daysLeft;
  const days = count === 1 ? "1 day" : `${count} days`;
  return daysLeft < 0 ? `expired ${days} ago` : days;
}

/** `2 expired, 1 red, 0 yellow, 4 green` */
export function counts(rows: Row[]): { [light in Light]: number } {
  const result = { expired: 0, red: 0, yellow: 0, green: 0 };
  for (const { light } of rows) result[light]++;
  return result;
}
