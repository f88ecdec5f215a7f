/** The report of a rehearsal, for a terminal. */
import type { HistoryEntry } from "../../../lab/doors/history";
import type { NotRun } from "./commands";
import type { Doors, Mail, Seen, Window } from "./watch";

/** One line a change, the servers below each other. */
export function changeLines(changes: readonly HistoryEntry[]): string[] {
  const columns = columnsOf(changes.map(({ host }) => host));
  return changes.map((change) => `${change.host.padEnd(columns)} ${changeInWords(change)}`);
}

const columnsOf = (servers: readonly string[]): number => Math.max(8, ...servers.map(({ length }) => length));

/** What an administrator would have typed; values that say nothing to a reader are left out. */
function changeInWords({ cmdlet, parameters }: HistoryEntry): string {
  const shown = Object.entries(parameters).flatMap(([name, value]) => {
    if (value === true) return [`-${name}`];
    if (value === "***") return [];
    if (typeof value === "string") return [`-${name} ${short(value)}`];
    return [];
  });
  return [OWN[cmdlet] ?? cmdlet, ...shown].join(" ");
}

/** The agent's own operations, which no cmdlet is. */
const OWN: { readonly [operation: string]: string } = {
  "certificate.remove": "take out of the store, guarded:",
  "certificate.removeReplaced": "take out of the store, guarded:",
  "chain.import": "install chain certificates",
};

const short = (text: string): string => {
  const whole = /^[0-9A-F]{40}$/.test(text) ? `${text.slice(0, 8)}…` : text;
  return /\s/.test(whole) ? `"${whole}"` : whole;
};

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

export function reportLines(seen: Seen, notRun: readonly NotRun[], warnings: readonly string[], speed: number): string[] {
  const { changes, windows, before, after, mail } = seen;
  return [
    `Changes, in their order (${changes.length})`,
    ...changeLines(changes).map((line, index) => `${String(index + 1).padStart(4)}. ${line}`),
    "",
    "Out of service",
    ...(windows.length === 0 ? ["  no Edge"] : windows.map((one) => `  ${windowInWords(one)}`)),
    ...(windows.length > 0 && speed !== 1
      ? [`  With the lab's latencies (EdgeSync's refusal of 5 minutes included), taken here ${speed} times as fast; --speed 1 measures it.`]
      : []),
    "",
    ...(notRun.length === 0 ? [] : ["Load balancer commands, not run", ...notRun.map(({ host, command }) => `  ${host}: ${command}`), ""]),
    "Doors",
    ...doorLines(before, after).map((line) => `  ${line}`),
    "",
    mailInWords(mail),
    ...(warnings.length === 0 ? [] : ["", "Warnings", ...warnings.map((one) => `  ${one}`)]),
  ];
}

export function windowInWords({ edge, to, seconds }: Window): string {
  return to === undefined
    ? `${edge}: STILL out of service at the end, after about ${duration(seconds)}`
    : `${edge}: about ${duration(seconds)}`;
}

export function doorLines(before: readonly Doors[], after: readonly Doors[]): string[] {
  const columns = columnsOf(before.map(({ server }) => server));
  return before.flatMap((was, index) => {
    const is = after[index];
    const doors = [
      ["STARTTLS", was.starttls, is.starttls] as const,
      ...(was.ldaps === undefined ? [] : [["LDAPS", was.ldaps, is.ldaps ?? null] as const]),
    ];
    return doors.map(
      ([door, old, now]) =>
        `${was.server.padEnd(columns)} ${door.padEnd(8)} ${old === now ? `${leaf(now)} (unchanged)` : `${leaf(old)} → ${leaf(now)}`}`,
    );
  });
}

const leaf = (thumbprint: string | null): string => thumbprint ?? "nothing";

export function mailInWords({ sent, delivered, waiting, lost, longestDelay }: Mail): string {
  if (sent === 0) return "Mail: none was sent; the copy has no Edge, or no accepted domain.";
  const late = longestDelay === undefined ? "" : `, the longest delay about ${duration(longestDelay)}`;
  return `Mail: ${sent} sent meanwhile, ${delivered} delivered, ${waiting} waiting, ${lost} lost${late}.`;
}
