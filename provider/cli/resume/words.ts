/** What `resume` shows: what is open, and what it is about to do. */
import { TRANSPORT } from "../../exchange/transport";
import type { HostFacts } from "../../remote/protocol";
import { short } from "../../rotation/reasons";
import type { Situation, Way } from "./situation";

const print = (thumbprint: string | null): string => (thumbprint === null ? "none" : short(thumbprint));

export function describeOpen(facts: HostFacts, { state, interrupted, current, ldaps, transport }: Situation): string[] {
  const lines: [string, string][] = [
    ["owner", state.owner],
    ["stack", state.stack],
    ["open since", state.since],
    ["certificate", `${print(state.old.defaultThumbprint)} → ${print(state.target)}; the default now is ${print(current)}`],
    ["steps done", [...state.done].join(", ") || "none"],
    ...(interrupted ? [["interrupted", `${interrupted} (begun, its end is not recorded)`] as [string, string]] : []),
    ["transport", `${transport}, was ${state.old.transport}${state.resumeOwed ? ": its start is owed" : ""}`],
    ...(state.organization
      ? [["AD LDS", `presents ${print(ldaps)}`] as [string, string], ["organisation", state.organization] as [string, string]]
      : []),
    ...(state.site ? [["site", `${state.site}: no other Edge of it can be taken out of service`] as [string, string]] : []),
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  return [`${facts.name} (${facts.fqdn}): a rotation is open.`, ...lines.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`)];
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
