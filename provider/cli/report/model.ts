/** The expiry overview as data: pure, with `now` as an argument. */
import { daysUntil, isoSeconds } from "../../base/clock";
import { openInWords, type OwnedRotation } from "../../base/edges";
import type { InstalledCertificate } from "../../exchange/certificates";
import {
  isBelow,
  judge,
  leftInWords,
  limitInWords,
  THRESHOLDS,
  type Light as Judged,
  type Limit,
  type Thresholds,
} from "../../exchange/lifetimes";
import { usesOf, type Usage, type UsedCertificate } from "../../exchange/uses";
import { sameTlsCertificateName } from "../../pki";

/** `unused`: nothing uses it. `ignored`: somebody said so. Neither alarms. */
export type Light = Judged | "unused" | "ignored";
/** In the order of a summary. */
export const LIGHTS: readonly Light[] = ["expired", "red", "yellow", "green", "unused", "ignored"];

/** What one host told. */
export interface HostFindings {
  /** Name in the hosts file. */
  name: string;
  server: string;
  fqdn: string;
  role: "Edge" | "Mailbox" | "None";
  certificates: (UsedCertificate & Pick<InstalledCertificate, "subject" | "issuer" | "friendlyName">)[];
  defaultThumbprint: string | null;
  /** Connectors with a TlsCertificateName that this host acts for. */
  connectors: { name: string; tlsCertificateName: string }[];
  /** What the server's configuration says of certificates. */
  usage: Usage;
  /** What the host remembers of renewals: replaced, and still in its store. */
  leftovers?: { thumbprint: string; since: string; why: string }[];
  /** A rotation that is open on an Edge: its certificates are about to change, or a run has left it so. */
  rotation?: OwnedRotation | null;
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
  /** What uses it; empty = nothing does, and it never alarms. */
  uses: string[];
  notBefore: string;
  notAfter: string;
  /** Whole days, rounded down; negative once it has expired. */
  daysLeft: number;
  /** The same for people: `9 days`, `31 hours`, `expired 3 days ago`. */
  left: string;
  light: Light;
  /** It was replaced, and a guard of its removal did not hold: since when, and why it stays; null for all others. */
  owed: { since: string; why: string } | null;
  /** Less is left than `--fail-under` asks for. */
  due: boolean;
}
/** How the overview judges. */
export interface Judging {
  thresholds: Thresholds;
  /** Thumbprints, upper case, that shall not alarm. */
  ignored: ReadonlySet<string>;
  failUnder: Limit | null;
}
export const JUDGING: Judging = { thresholds: THRESHOLDS, ignored: new Set(), failUnder: null };

export interface Report {
  now: string;
  thresholds: Thresholds;
  rows: Row[];
  hosts: { name: string; fqdn: string; role: HostFindings["role"]; certificates: number; rotation?: OwnedRotation }[];
  failures: HostFailure[];
}

/** All certificates of all hosts, the first to expire first. */
export function buildReport(findings: HostFindings[], failures: HostFailure[], now: Date, judging: Judging = JUDGING): Report {
  const rows = findings.flatMap((host) => host.certificates.map((one) => row(host, one, now, judging)));
  rows.sort((a, b) => a.notAfter.localeCompare(b.notAfter) || a.host.localeCompare(b.host) || a.thumbprint.localeCompare(b.thumbprint));
  const hosts = findings.map(({ server, fqdn, role, certificates, rotation }) => ({
    ...{ name: server, fqdn, role, certificates: certificates.length },
    ...(rotation && { rotation: openOf(rotation) }),
  }));
  return { now: isoSeconds(now), thresholds: judging.thresholds, rows, hosts, failures };
}

function row(host: HostFindings, one: HostFindings["certificates"][number], now: Date, judging: Judging): Row {
  const named = host.connectors.filter((connector) => sameTlsCertificateName(connector.tlsCertificateName, one.tlsCertificateName));
  const uses = usesOf(one, host.certificates, host.usage, now);
  const silent = judging.ignored.has(one.thumbprint) ? "ignored" : uses.length === 0 ? "unused" : null;
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
    uses,
    notBefore: isoSeconds(one.notBefore),
    notAfter: isoSeconds(one.notAfter),
    daysLeft: daysUntil(one.notAfter, now),
    left: leftInWords(one.notAfter, now),
    light: silent ?? judge(one, now, judging.thresholds),
    owed: owedOf(host, one.thumbprint),
    due: silent === null && judging.failUnder !== null && isBelow(one, judging.failUnder, now),
  };
}

function owedOf({ leftovers = [] }: HostFindings, thumbprint: string): Row["owed"] {
  const found = leftovers.find((one) => one.thumbprint === thumbprint);
  return found ? { since: found.since, why: found.why } : null;
}

/** `MBX01: AAAAAAAA… was replaced on 2026-11-22 and stays: IIS uses it` */
export function owedLines({ rows }: Report): string[] {
  return rows.flatMap(({ host, thumbprint, owed }) =>
    owed ? [`${host}: ${thumbprint.slice(0, 8)}… was replaced on ${owed.since.slice(0, 10)} and stays: ${owed.why}`] : [],
  );
}

const openOf = ({ owner, since, step, of, text, isOut }: OwnedRotation): OwnedRotation => ({ owner, since, step, of, text, isOut });

/** `EDGE01 is out of service: a rotation of shop/prod/edge01 has been open since …, step 3 of 9: …; doctor says what to do` */
export function openLines({ hosts }: Report): string[] {
  return hosts.flatMap(({ name, rotation }) => (rotation ? [`${openInWords(name, rotation)}; \`doctor\` says what to do`] : []));
}

/** How many of each light. */
export function counts(rows: Row[]): { [light in Light]: number } {
  const result: { [light in Light]: number } = { expired: 0, red: 0, yellow: 0, green: 0, unused: 0, ignored: 0 };
  for (const { light } of rows) result[light]++;
  return result;
}

/** `2 expired, 1 red (under 30 days or a sixth of the life), 0 yellow (under 60 days or a third of the life), 4 green, 1 unused` */
export function summary({ rows, thresholds: { red, yellow } }: Report): string {
  const found = counts(rows);
  const words: { [light in Light]?: string } = { red: ` (${limitInWords(red)})`, yellow: ` (${limitInWords(yellow)})` };
  return LIGHTS.filter((light) => found[light] > 0 || (light !== "unused" && light !== "ignored"))
    .map((light) => `${found[light]} ${light}${words[light] ?? ""}`)
    .join(", ");
}
