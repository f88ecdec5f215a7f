/** What `resume` shows: what is open, and what it is about to do. */
import { TRANSPORT } from "../../exchange/transport";
import type { HostFacts } from "../../remote/protocol";
import { short } from "../../rotation/reasons";
import type { Way } from "../../rotation/back";
import type { Open, Situation } from "../../rotation/situation";

const print = (thumbprint: string | null): string => (thumbprint === null ? "none" : short(thumbprint));

/** What the journal tells, and with `seen` what the servers show beside it. */
export function describeOpen(facts: HostFacts, { state, interrupted }: Open, seen?: Situation): string[] {
  const start = state.resumeOwed ? ": its start is owed" : "";
  const lines: [string, string][] = [
    ["owner", state.owner],
    ["stack", state.stack],
    ["open since", state.since],
    ["certificate", `${print(state.old.defaultThumbprint)} → ${print(state.target)}`],
    ["steps done", [...state.done].join(", ") || "none"],
  ];
  if (interrupted) lines.push(["interrupted", `${interrupted} (begun, its end is not recorded)`]);
  lines.push(["transport", `${seen ? `${seen.transport}, ` : ""}was ${state.old.transport}${start}`]);
  if (seen) lines.push(["default now", print(seen.current)]);
  if (seen && state.organization) lines.push(["AD LDS", `presents ${print(seen.ldaps)}`]);
  if (state.organization) lines.push(["organisation", state.organization]);
  if (state.site) lines.push(["site", state.site]);
  const width = Math.max(...lines.map(([name]) => name.length));
  return [`${facts.name} (${facts.fqdn}): a rotation is open.`, ...lines.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)];
}

/** A restart of AD LDS that was cut short: nothing can be asked of Exchange before these run again. */
export function describeStopped(stopped: string[]): string {
  return `Will start ${stopped.join(", ")} first (stopped since the rotation was interrupted), then look again and decide.`;
}

export function describeWay(way: Way, { state, current, old }: Situation): string {
  const start =
    state.resumeOwed || state.old.transport === "Running" ? `start ${TRANSPORT} and look at STARTTLS` : `leave ${TRANSPORT} as it is`;
  const unchanged = current === state.old.defaultThumbprint;
  const end = `check connectors and subscription, ${start}, close the rotation`;
  if (way === "forward")
    return `Will keep ${print(current)} as the default${unchanged ? " (it never changed)" : " (it is bound)"}: ${end}.`;
  const binding = "export, AD LDS, import, synchronisation";
  if (way === "restore")
    return `Will make ${print(state.old.defaultThumbprint)} the default again and bind it (${binding}), ${start}, close the rotation.`;
  const why = unchanged ? "" : ` (the old certificate is ${old === "none" ? "not known" : old}, so there is no way back)`;
  return `Will bind the default ${print(current)}${why} (${binding}), ${end}.`;
}
