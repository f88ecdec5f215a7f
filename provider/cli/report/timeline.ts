/** The timeline of the HTML page: one bar a certificate, from today to its end, as inline SVG. */
import { escapeHtml } from "../html";
import type { Light, Report, Row } from "./model";

export const COLOURS: { [light in Light]: string } = {
  expired: "#6b0f1a",
  red: "#c62828",
  yellow: "#e0a100",
  green: "#2e7d32",
  unused: "#90a4ae",
  ignored: "#90a4ae",
};

const WIDTH = 1000;
const LABELS = 320;
const ROOM = WIDTH - LABELS - 110;
const STEP = 26;
const TOP = 30;
/** Bars end here: a certificate of ten years must not squeeze the next weeks into nothing. */
const MOST_DAYS = 400;
const SHORTEST_DAYS = 90;

export function timeline(report: Report): string {
  const { rows } = report;
  if (rows.length === 0) return "";
  const horizon = Math.min(MOST_DAYS, Math.max(SHORTEST_DAYS, ...rows.map((row) => row.daysLeft)));
  const x = (days: number): number => Math.round(LABELS + (Math.max(0, Math.min(days, horizon)) / horizon) * ROOM);
  const height = TOP + rows.length * STEP + 10;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Days left of each certificate">`,
    ...[...new Set([0, ...marks(report)]), ...(horizon >= 180 ? [180] : []), ...(horizon >= 365 ? [365] : [])].map((days) =>
      mark(x(days), days, height),
    ),
    ...rows.map((row, index) => bar(row, TOP + index * STEP, x)),
    "</svg>",
  ].join("\n");
}

/** Where the fixed days of the thresholds are; a share of a life lies elsewhere for each bar. */
function marks({ thresholds: { red, yellow } }: Report): number[] {
  return [red.days, yellow.days].filter((days) => days <= SHORTEST_DAYS);
}

function mark(x: number, days: number, height: number): string {
  const label = days === 0 ? "today" : String(days);
  return `<line x1="${x}" y1="20" x2="${x}" y2="${height}" class="mark"/><text x="${x}" y="14" text-anchor="middle" class="small">${label}</text>`;
}

function bar(row: Row, y: number, x: (days: number) => number): string {
  const name = `${row.host} ${row.subject || row.thumbprint}`;
  const label = name.length > 46 ? `${name.slice(0, 45)}…` : name;
  const start = x(0);
  const length = Math.max(4, x(row.daysLeft) - start);
  return [
    `<g><title>${escapeHtml(`${name}: ${row.notAfter.slice(0, 10)}, ${row.left}`)}</title>`,
    `<text x="${LABELS - 10}" y="${y + 15}" text-anchor="end">${escapeHtml(label)}</text>`,
    `<rect x="${start}" y="${y + 4}" width="${length}" height="14" rx="3" fill="${COLOURS[row.light]}"/>`,
    `<text x="${start + length + 6}" y="${y + 15}" class="small">${escapeHtml(row.left)}</text></g>`,
  ].join("");
}
