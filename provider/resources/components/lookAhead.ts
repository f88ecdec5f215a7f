/** What a component tells its first resources of all that comes later (docs/adr/0011). */
import type * as pulumi from "@pulumi/pulumi";
import type { LookAhead } from "../certificate";
import type { ConnectionArgs } from "../connection";
import type { SubscriptionSettings } from "../edgeSubscription";
import type { SendConnectorSettings } from "../sendConnectorTls";

interface Site {
  organization: pulumi.Input<ConnectionArgs>;
  site: pulumi.Input<string>;
  mailboxHosts?: pulumi.Input<ConnectionArgs>[];
  sendConnectors?: SendConnectorSettings[];
  synchronise?: pulumi.Input<"beforeStart" | "afterStart">;
  subscription?: SubscriptionSettings;
}

export function lookAheadOf(edges: pulumi.Input<ConnectionArgs>[], args: Site): LookAhead {
  const { organization, site, mailboxHosts = [], sendConnectors = [] } = args;
  const inside = [organization, ...mailboxHosts].map((host) => ({ host, role: "Mailbox" as const }));
  const connectors = sendConnectors.map(({ connector, tlsCertificateName }) => ({ connector, tlsCertificateName }));
  const synchronise = synchroniseIn(args);
  const servers = [...inside, ...edges.map((host) => ({ host, role: "Edge" as const }))];
  return { servers, site, connectors, ...(synchronise !== undefined && { synchronise }) };
}

/** A component's own argument goes before that of its `subscription`. */
export function synchroniseIn({ synchronise, subscription }: Pick<Site, "synchronise" | "subscription">): Site["synchronise"] {
  return synchronise ?? subscription?.synchronise;
}
