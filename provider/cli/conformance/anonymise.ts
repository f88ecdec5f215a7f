/** Host names replaced: `EDGE01`, `MBX01`, … in the order of the file; sentences of errors are left out, because hosts write them. */
import type { HostConnection } from "../../remote/hosts";
import type { Conformance } from "./file";
import type { Lookout } from "./servers";
import type { Hosts } from "../hostsFile";

interface Name {
  real: string;
  made: string;
}

/** Every name under which a host may stand in a text, longest first: a full name goes before the short one in it. */
function namesOf(hosts: Hosts, { servers }: Lookout): Name[] {
  const counts = { Edge: 0, Mailbox: 0, HOST: 0 };
  const names = new Map<string, string>();
  const add = (real: string | undefined, made: string): void => {
    if (real && !names.has(real.toLowerCase())) names.set(real.toLowerCase(), made);
  };
  for (const [key, host] of hosts) {
    const server = servers.find((one) => serves(one.host, host));
    const role = server?.role ?? "HOST";
    const made = `${role === "Edge" ? "EDGE" : role === "Mailbox" ? "MBX" : "HOST"}${String(++counts[role]).padStart(2, "0")}`;
    add(server?.name, made);
    add(key, made);
    add(server?.session.facts.fqdn, `${made.toLowerCase()}.example`);
    add(host.host, `${made.toLowerCase()}.example`);
  }
  for (const { session } of servers) add(session.facts.fqdn.split(".").slice(1).join("."), "example");
  return [...names].map(([real, made]) => ({ real, made })).sort((a, b) => b.real.length - a.real.length);
}

const serves = (a: HostConnection, b: HostConnection): boolean => a === b || (a.host === b.host && a.port === b.port);

/** Whole names only: `MBX1` is not a part of `MBX12`. */
function replaced(text: string, names: readonly Name[]): string {
  if (names.length === 0) return text;
  const escaped = names.map(({ real }) => real.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const any = new RegExp(`(?<![\\w-])(${escaped.join("|")})(?![\\w-])`, "gi");
  return text.replace(any, (found) => names.find(({ real }) => real === found.toLowerCase())!.made);
}

const CODE = /^\[([A-Z_0-9]+)\] .*$/s;

export function anonymised(found: Conformance, hosts: Hosts, lookout: Lookout): Conformance {
  const names = namesOf(hosts, lookout);
  const walk = (value: unknown): unknown => {
    if (typeof value === "string") return replaced(value.replace(CODE, "[$1]"), names);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one)]));
  };
  const made = walk({ ...found, closed: found.closed.map((one) => ({ ...one, sentence: "" })) }) as Conformance;
  return { ...made, anonymised: true };
}
