/** The overview as a calendar (RFC 5545): one entry a certificate at its end, with reminders 30 and 7 days before. */
import { harmless } from "../output";
import type { Report, Row } from "./model";

export const REMINDER_DAYS = [30, 7];

/** Certificates that have expired already get no entry. The same certificate on several hosts is one entry. */
export function icsReport(report: Report): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//pulumi-exchange//report//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "X-WR-CALNAME:Exchange certificates",
    ...byThumbprint(report.rows.filter((row) => row.light !== "expired")).flatMap((rows) => event(rows, report.now)),
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join("");
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
    ...REMINDER_DAYS.flatMap((days) => alarm(days, summary)),
    "END:VEVENT",
  ];
}

function alarm(days: number, summary: string): string[] {
  return ["BEGIN:VALARM", "ACTION:DISPLAY", `TRIGGER:-P${days}D`, `DESCRIPTION:${escapeText(`In ${days} days: ${summary}`)}`, "END:VALARM"];
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
