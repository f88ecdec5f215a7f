/**
 * The overview as a calendar (RFC 5545): one entry a certificate at its end, with reminders 30 and 7 days before, or a third and a
 * sixth of its life before, whichever is less.
 */
import { limitOf, type Limit } from "../../exchange/lifetimes";
import { harmless } from "../output";
import type { Report, Row } from "./model";

export const REMINDERS: readonly Limit[] = [
  { days: 30, share: 1 / 3 },
  { days: 7, share: 1 / 6 },
];

/** Certificates that have expired, that nothing uses or that are ignored get no entry. The same one on several hosts is one entry. */
export function icsReport(report: Report): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//pulumi-exchange//report//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "X-WR-CALNAME:Exchange certificates",
    ...byThumbprint(report.rows.filter(isEntered)).flatMap((rows) => event(rows, report.now)),
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join("");
}

function isEntered({ light }: Row): boolean {
  return light !== "expired" && light !== "unused" && light !== "ignored";
}

function byThumbprint(rows: Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.thumbprint, [...(groups.get(row.thumbprint) ?? []), row]);
  return [...groups.values()];
}

function event(rows: Row[], now: string): string[] {
  const { thumbprint, subject, issuer, notAfter } = rows[0];
  const hosts = rows.map((row) => row.host);
  const summary = `${subject || thumbprint} expires on ${hosts.join(", ")}`;
  const connectors = [...new Set(rows.flatMap((row) => row.connectors))];
  const description = [
    `Thumbprint ${thumbprint}`,
    `Issued by ${issuer}`,
    ...rows.map((row) => `${row.host}: ${row.services.join(", ") || "no services"}${row.isDefault ? ", the default" : ""}`),
    ...(connectors.length > 0 ? [`Named by ${connectors.join(", ")}`] : []),
  ];
  return [
    "BEGIN:VEVENT",
    `UID:${thumbprint.toLowerCase()}@pulumi-exchange`,
    `DTSTAMP:${compact(now)}`,
    `DTSTART:${compact(notAfter)}`,
    `SUMMARY:${escapeText(summary)}`,
    `DESCRIPTION:${description.map(escapeText).join("\\n")}`,
    "TRANSP:TRANSPARENT",
    ...REMINDERS.flatMap((limit) => alarm(limit, rows[0], summary)),
    "END:VEVENT",
  ];
}

function alarm(limit: Limit, { notBefore, notAfter }: Row, summary: string): string[] {
  const hours = Math.floor(limitOf({ notBefore: new Date(notBefore), notAfter: new Date(notAfter) }, limit) / 3_600_000);
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  const trigger = `-P${days > 0 ? `${days}D` : ""}${rest > 0 || days === 0 ? `T${rest}H` : ""}`;
  const words = days >= 2 ? `${days} days` : `${hours} hours`;
  return ["BEGIN:VALARM", "ACTION:DISPLAY", `TRIGGER:${trigger}`, `DESCRIPTION:${escapeText(`In ${words}: ${summary}`)}`, "END:VALARM"];
}

/** `2026-12-01T08:30:00Z` → `20261201T083000Z` */
function compact(iso: string): string {
  return iso.replace(/[-:]/g, "");
}

export function escapeText(text: string): string {
  return harmless(text).replace(/[\\;,]/g, (character) => `\\${character}`);
}

/** Lines of at most 75 octets, never cut inside a character (RFC 5545, 3.1). */
export function folded(line: string): string {
  const parts: string[] = [];
  let part = "";
  for (const character of line) {
    // a continued line begins with a space, which counts
    const room = parts.length === 0 ? 75 : 74;
    if (Buffer.byteLength(part + character) > room) {
      parts.push(part);
      part = "";
    }
    part += character;
  }
  return [...parts, part].join("\r\n ");
}
