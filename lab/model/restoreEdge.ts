/** An Edge's AD LDS out of what was read: what EdgeSync brought, and the certificate that LDAPS presents. */
import type { CopiedServer } from "./copySchema";
import { certificateOf, type Restoring } from "./restoring";
import type { LdsState, Server } from "./server";
import { pin } from "./adlds";
import { stored } from "./store";
import type { World } from "./world";

export function restoreEdge(restoring: Restoring, server: Server, copied: CopiedServer): void {
  const { world } = restoring.lab;
  const lds = server.lds!;
  const object = [...world.directory.edges.values()].find((edge) => edge.name.toUpperCase() === server.name.toUpperCase());
  // An Edge shows connectors of EdgeSync, also where its organisation was not looked at.
  lds.subscribed = object !== undefined || copied.sendConnectors.length > 0;
  lds.everExported = lds.subscribed;
  lds.site = object?.site ?? null;
  for (const bag of copied.sendConnectors) {
    const inside = world.directory.sendConnectors.get(String(bag.Name));
    lds.sendConnectors.set(String(bag.Name), { ...inside, ...bag });
  }
  for (const bag of copied.acceptedDomains) lds.acceptedDomains.set(String(bag.Name), { ...bag });
  for (const bag of copied.remoteDomains) lds.remoteDomains.set(String(bag.Name), { ...bag });
  if (copied.ldaps !== null) present(restoring, server, lds, copied.ldaps);
  if (lds.site !== null) trustHubs(world, lds, copiedStates(restoring, server.name));
}

/** The certificate that AD LDS presents has been pinned by the last export, where there was one. */
function present({ certificates, lookAlikes }: Restoring, server: Server, lds: LdsState, thumbprint: string): void {
  const own = server.my.find(thumbprint);
  const certificate = own?.certificate ?? certificateOf(certificates, thumbprint);
  const { privateKey } = lookAlikes.key;
  const item = own?.privateKey ? own : stored(certificate, { privateKey, networkService: true, lookAlike: lookAlikes.of(certificate) });
  lds.presented = item;
  if (!lds.everExported) return;
  pin(lds.serviceStore, item);
}

/** What full comparisons said of the Mailbox servers that this Edge knows. */
function copiedStates({ copy }: Restoring, edge: string): string[] {
  const all = Object.values(copy.servers).flatMap(({ synchronisation }) => synchronisation);
  return all
    .filter(({ Name }) => String(Name).split(".")[0].toUpperCase() === edge.toUpperCase())
    .map((one) => String(one.TransportServerStatus));
}

function trustHubs(world: World, lds: LdsState, states: readonly string[]): void {
  const outdated = states.includes("NotSynchronized");
  for (const hub of world.hubsOf(lds.site!))
    lds.hubs.set(hub.name, { fqdn: hub.fqdn, internalCertificate: outdated ? null : world.defaultBlob(hub) });
}
