/** Where a mail goes next from a server. */
import { Directory } from "./directory";
import { hasSource } from "./edgesyncReplicate";
import type { Bag, Server } from "./server";
import type { Transport } from "./transport";
import type { World } from "./world";

export type Hop =
  | { kind: "local" }
  | { kind: "hub"; connector: Bag; hubs: Server[] }
  | { kind: "edge"; connector: Bag; edges: Server[] }
  | { kind: "outside"; connector: Bag }
  | { kind: "unreachable" };

export function domainOf(recipient: string): string {
  return recipient
    .slice(recipient.lastIndexOf("@") + 1)
    .replace(/>$/, "")
    .toLowerCase();
}

/** Whether a list of accepted domains covers a domain; `*.contoso.com` covers its subdomains. */
export function accepts(domains: Map<string, Bag>, domain: string): boolean {
  return [...domains.values()].some((bag) => {
    const name = String(bag.DomainName).toLowerCase();
    return name === domain || (name.startsWith("*.") && domain.endsWith(name.slice(1)));
  });
}

/** Cost and length of the best match of a connector's address spaces; null = none. `--` is every accepted domain. // 4.4 */
function match(connector: Bag, domain: string): { length: number; cost: number } | null {
  let best: { length: number; cost: number } | null = null;
  for (const text of connector.AddressSpaces as string[]) {
    const [, space = "", cost = "1"] = /^smtp:([^;]*);?(\d*)$/i.exec(text) ?? [];
    const length = coverage(space.toLowerCase(), domain);
    if (length === null) continue;
    const candidate = { length, cost: Number(cost || 1) };
    if (!best || candidate.length > best.length || (candidate.length === best.length && candidate.cost < best.cost)) best = candidate;
  }
  return best;
}

function coverage(space: string, domain: string): number | null {
  if (space === "*") return 0;
  if (space === domain) return space.length + 1;
  return space.startsWith("*.") && domain.endsWith(space.slice(1)) ? space.length : null;
}

/** The most specific address space wins, then the lower cost. */
export function connectorFor(connectors: readonly Bag[], domain: string): Bag | null {
  const candidates = connectors
    .filter((bag) => bag.Enabled)
    .flatMap((bag) => {
      const found = match(bag, domain);
      return found ? [{ bag, ...found }] : [];
    });
  candidates.sort((a, b) => b.length - a.length || a.cost - b.cost);
  return candidates[0]?.bag ?? null;
}

export function nextHop(world: World, transport: Transport, server: Server, recipient: string): Hop {
  const domain = domainOf(recipient);
  return server.lds ? fromEdge(world, transport, server, domain) : fromHub(world, transport, server, domain);
}

function fromEdge(world: World, transport: Transport, server: Server, domain: string): Hop {
  const lds = server.lds!;
  const connectors = transport.connectors(server);
  if (accepts(lds.acceptedDomains, domain)) {
    const connector = connectors.find((bag) => (bag.AddressSpaces as string[]).some((space) => /^smtp:--/i.test(space)));
    if (!connector) return { kind: "unreachable" };
    const hubs = [...lds.hubs.keys()].flatMap((name) => world.findServer(name) ?? []);
    return { kind: "hub", connector, hubs };
  }
  const connector = connectorFor(connectors, domain);
  return connector ? { kind: "outside", connector } : { kind: "unreachable" };
}

function fromHub(world: World, transport: Transport, server: Server, domain: string): Hop {
  if (accepts(world.directory.acceptedDomains, domain)) return { kind: "local" };
  const connector = connectorFor(transport.connectors(server), domain);
  if (!connector) return { kind: "unreachable" };
  if (hasSource(connector, server.name)) return { kind: "outside", connector };
  const edges = (connector.SourceTransportServers as string[])
    .filter((source) => Directory.find(world.directory.edges, source)?.site.toLowerCase() === server.site?.toLowerCase())
    .flatMap((source) => world.findServer(source) ?? []);
  return edges.length > 0 ? { kind: "edge", connector, edges } : { kind: "unreachable" };
}
