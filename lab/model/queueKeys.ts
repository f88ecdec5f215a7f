/** What the queue for a hop is called, and whom a queue that was read may be for. */
import { domainOf, type Hop } from "./routing";
import type { Bag, Server } from "./server";
import { visibleConnectors, type World } from "./world";

/** Somebody whom the mail of a queue may be for. */
export function recipientFor(world: World, server: Server, bag: Bag): string {
  const type = String(bag.DeliveryType);
  if (type === "DnsConnectorDelivery") return `copied@${String(bag.NextHopDomain)}`;
  if (type === "Unreachable") return "copied@unreachable.invalid";
  const connectors = visibleConnectors(world, server);
  const connector = [...connectors.values()].find((one) => one.Guid === bag.NextHopConnector);
  const [, space = "*"] = /^smtp:([^;]*)/i.exec(String((connector?.AddressSpaces as string[] | undefined)?.[0])) ?? [];
  const [accepted] = [...(server.lds?.acceptedDomains ?? world.directory.acceptedDomains).values()].map(({ DomainName }) =>
    String(DomainName),
  );
  if (space === "--") return `copied@${accepted ?? "unreachable.invalid"}`;
  return `copied@${space === "*" ? "outside.invalid" : space.replace(/^\*/, "copied")}`;
}

/** Key and properties of the queue for a hop. // [DOC:queue-properties] */
export function queueOf(
  hop: Exclude<Hop, { kind: "local" }>,
  recipient: string,
): [string, { deliveryType: string; nextHopDomain: string; nextHopConnector: string; tlsDomain?: string | null }] {
  if (hop.kind === "unreachable")
    return [
      "Unreachable",
      { deliveryType: "Unreachable", nextHopDomain: "Unreachable Domain", nextHopConnector: "00000000-0000-0000-0000-000000000000" },
    ];
  const nextHopConnector = String(hop.connector.Guid);
  const name = String(hop.connector.Name);
  if (hop.kind === "hub")
    return [
      `hub/${name}`,
      { deliveryType: "SmartHostConnectorDelivery", nextHopDomain: hop.hubs.map((hub) => hub.fqdn).join(",") || "--", nextHopConnector },
    ];
  if (hop.kind === "edge")
    return [`edge/${name}`, { deliveryType: "SmtpRelayToConnectorSourceServers", nextHopDomain: name, nextHopConnector }];
  const domain = domainOf(recipient);
  const smart = (hop.connector.SmartHosts as string[]).length > 0;
  return [
    `out/${name}/${domain}`,
    {
      deliveryType: smart ? "SmartHostConnectorDelivery" : "DnsConnectorDelivery",
      nextHopDomain: domain,
      nextHopConnector,
      tlsDomain: (hop.connector.TlsDomain as string | null) ?? null,
    },
  ];
}

/** The subject, for the tracking log. */
export function subjectOf(data: Buffer): string {
  const end = data.indexOf("\r\n\r\n");
  return /^subject:[ \t]*(.*)$/im.exec(data.subarray(0, end < 0 ? data.length : end).toString("latin1"))?.[1].trim() ?? "";
}
