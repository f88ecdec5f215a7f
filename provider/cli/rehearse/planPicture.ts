/** The timeline of a change plan as SVG: one row an Edge, red where it carries no mail, at real latencies. */
import { escapeHtml } from "../html";
import { endOf } from "./plan";
import { duration } from "./text";
import type { Window } from "./watch";

const WIDTH = 900;
const LEFT = 120;
const RIGHT = 90;
const TOP = 34;
const ROW = 34;

export function timelinePicture(edges: readonly string[], windows: readonly Window[]): string {
  const total = Math.max(60, endOf(windows) * 1.02);
  const x = (seconds: number): number => Math.round(LEFT + (seconds / total) * (WIDTH - LEFT - RIGHT));
  const height = TOP + edges.length * ROW + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="When each Edge is out of service">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...ticks(total).map((seconds) => tick(x(seconds), seconds, height)),
    ...edges.map((edge, index) =>
      row(
        edge,
        TOP + index * ROW,
        windows.filter((one) => one.edge === edge),
        x,
      ),
    ),
    "</svg>",
  ].join("\n");
}

/** At most ten, at round times. */
function ticks(total: number): number[] {
  const step = [10, 30, 60, 120, 300, 600, 1800, 3600, 7200].find((one) => total / one <= 10) ?? 14_400;
  return Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step);
}

function tick(x: number, seconds: number, height: number): string {
  return `<line x1="${x}" y1="22" x2="${x}" y2="${height - 8}" stroke="#dddddd"/><text x="${x}" y="16" text-anchor="middle" fill="#666666" font-size="11">${seconds === 0 ? "start" : `+${seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`}`}</text>`;
}

function row(edge: string, y: number, windows: readonly Window[], x: (seconds: number) => number): string {
  const bars = windows.map(({ startsAt, seconds, to, noReturnAt }) => {
    const [from, until] = [x(startsAt), Math.max(x(startsAt) + 3, x(startsAt + seconds))];
    const text = `${duration(seconds)}${to === undefined ? ", still out" : ""}`;
    const mark = noReturnAt === undefined ? "" : diamond(x(noReturnAt), y + 11);
    return `<rect x="${from}" y="${y + 2}" width="${until - from}" height="18" rx="3" fill="#c62828"><title>${escapeHtml(`${edge} out of service: ${text}`)}</title></rect>${mark}<text x="${until + 6}" y="${y + 16}" fill="#333333">${escapeHtml(text)}</text>`;
  });
  return `<text x="${LEFT - 12}" y="${y + 16}" text-anchor="end" fill="#111111">${escapeHtml(edge)}</text><rect x="${LEFT}" y="${y + 9}" width="${WIDTH - LEFT - RIGHT}" height="4" fill="#2e7d32"/>${bars.join("")}`;
}

const diamond = (x: number, y: number): string =>
  `<path d="M${x} ${y - 7} l7 7 l-7 7 l-7 -7 z" fill="#ffffff" stroke="#111111"><title>point of no return</title></path>`;
