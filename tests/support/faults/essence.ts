/** States as two of them can be compared. */
import type { LabState } from "./world";

export type Bag = { [property: string]: unknown };

/** Identity and bookkeeping of a directory object: a rebuilt connector has new ones. */
export const IDENTITY =
  /^(Guid|Id|Identity|DistinguishedName|ObjectCategory|ObjectClass|WhenChanged|WhenChangedUTC|WhenCreated|WhenCreatedUTC|OriginatingServer|ExchangeVersion|RunspaceId|PSComputerName|ObjectState|IsValid|OrganizationId|AdminDisplayName|HomeMtaServerId|HomeMTA|HomeMTAServerId|ConnectedDomains|SourceIPAddress|SourceRoutingGroup|Site)$/;
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(sorted(one))).sort();
  if (value === null || typeof value !== "object") return value;
  // The first of several source servers is also shown as an object of its own; which one it is says nothing.
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sorted(inner)]));
}

/** What counts of a state when two ends are compared: certificates, doors, services, connectors, subscriptions. */
export function essence(state: LabState): string {
  const servers = state.servers.map(
    ({ name, certificates, defaultThumbprint, transportThumbprint, ldapsThumbprint, services, receiveConnectors, files }) => ({
      name,
      certificates: certificates
        .filter(({ thumbprint }) => !isOwed(files, thumbprint))
        .map(({ thumbprint, services: enabled }) => ({ thumbprint, enabled }))
        .sort((a, b) => (a.thumbprint < b.thumbprint ? -1 : 1)),
      defaultThumbprint,
      transportThumbprint,
      ldapsThumbprint,
      services,
      receiveConnectors: receiveConnectors.map(plainBag),
    }),
  );
  const connectors = state.sendConnectors.map(plainBag).sort((a, b) => (String(a.Name) < String(b.Name) ? -1 : 1));
  return JSON.stringify({ servers, connectors, subscriptions: sorted(state.subscriptions) }, null, 1);
}

/** A replaced copy that a guard kept, and that the host remembers: a later delete takes it out. */
function isOwed(files: LabState["servers"][number]["files"], thumbprint: string): boolean {
  return files.some(({ path }) => path === `leftovers/${thumbprint}.json`);
}

function plainBag(bag: Bag): Bag {
  return Object.fromEntries(
    Object.entries(bag)
      .filter(([name]) => !IDENTITY.test(name))
      .map(([name, value]) => [name, sorted(value)]),
  );
}
