/**
 * The connector snapshot: full property bags, durable on the organisation's host before the first destructive call, and the
 * set difference that mends what a subscription took away (rotation.md 12, 13).
 */
import { connectorIn, outlineConnectors, outlineOf, sourcesOf, tlsNameOf, type ConnectorBag } from "../exchange/sendConnectors";
import { equalNames, list, text, type Shell } from "../exchange/shell";
import { sameTlsCertificateName } from "../pki";
import { fileName, readJson, removeFile, writeJson } from "./files";

export interface Snapshot {
  edge: string;
  utc: string;
  connectors: ConnectorBag[];
  subscribed: boolean;
  /** Connectors that are being made anew and were not read back yet: what they lack is ours to answer for, not an operator's edit. */
  rebuilding?: string[];
}
export const snapshotPath = (edge: string): string => `snapshots/${fileName(edge.toUpperCase())}.json`;

export function readSnapshot(organization: Shell, edge: string): Promise<Snapshot | null> {
  return readJson<Snapshot>(organization, snapshotPath(edge));
}
/** Those of all Edges. */
export async function listSnapshots(organization: Shell): Promise<Snapshot[]> {
  const { files } = await organization.request("file.list", { path: "snapshots" });
  const names = files.filter((file) => file.endsWith(".json")).map((file) => file.replace(/^.*[\\/]/, ""));
  const all = await Promise.all(names.map((name) => readJson<Snapshot>(organization, `snapshots/${name}`)));
  return all.filter((one): one is Snapshot => one !== null);
}
export function writeSnapshot(organization: Shell, snapshot: Snapshot): Promise<void> {
  return writeJson(organization, snapshotPath(snapshot.edge), snapshot);
}
export function removeSnapshot(organization: Shell, edge: string): Promise<void> {
  return removeFile(organization, snapshotPath(edge));
}

/** The organisation's connectors with the Edge among the sources of those that it lost. */
export function withLost(connectors: ConnectorBag[], lost: ConnectorBag[], edge: string): ConnectorBag[] {
  const kept = connectors.map((bag) =>
    connectorIn(lost, text(bag.Name)) && !sourcesOf(bag).includes(edge.toUpperCase())
      ? { ...bag, SourceTransportServers: [...list(bag.SourceTransportServers), edge] }
      : bag,
  );
  const gone = lost.filter((bag) => !connectorIn(connectors, text(bag.Name)));
  return [...kept, ...gone.map((bag) => ({ ...bag, SourceTransportServers: [edge] }))];
}

/**
 * The connectors that a snapshot is compared with: those that have the Edge as a source; all of them where these do not show by themselves
 * that nothing is amiss.
 */
export async function connectorsBeside(organization: Shell, edge: string, asked: Promise<Snapshot | null>): Promise<ConnectorBag[]> {
  const [snapshot, own] = await Promise.all([asked, outlineOf(organization, edge)]);
  return snapshot === null || isWhole(snapshot, own) ? own : outlineConnectors(organization);
}

/** Every connector of the snapshot is among the Edge's own, none that the import could have made is new, and none is being made anew. */
function isWhole(snapshot: Snapshot, own: ConnectorBag[]): boolean {
  const { connectors, rebuilding = [] } = snapshot;
  const isKept = ownIn(snapshot).every((bag) => connectorIn(own, text(bag.Name)));
  const isNew = own.some((bag) => text(bag.Name).startsWith(BY_IMPORT) && !connectorIn(connectors, text(bag.Name)));
  return isKept && !isNew && rebuilding.length === 0;
}
/** Of a snapshot's connectors those that had the Edge as a source; one of before has all of the organisation's. */
function ownIn({ edge, connectors }: Snapshot): ConnectorBag[] {
  return connectors.filter((bag) => sourcesOf(bag).includes(edge.toUpperCase()));
}
/** How connectors are called that the import of a subscription makes. */
const BY_IMPORT = "EdgeSync - ";

export type Mending =
  | { action: "recreate"; connector: string; bag: ConnectorBag }
  | { action: "replace"; connector: string; bag: ConnectorBag }
  | { action: "settle"; connector: string }
  | { action: "addSource"; connector: string; server: string }
  | { action: "remove"; connector: string };

/**
 * What has to be done so that the Edge is a source of every connector it was a source of. Only this Edge's membership is
 * compared, so that an operator's or another Edge's change survives. Connectors that the import made (`EdgeSync - …`, this Edge
 * its only source) are taken away when they were not there before.
 */
export function mendings(snapshot: Snapshot, now: ConnectorBag[], createdByImport: boolean): Mending[] {
  const edge = snapshot.edge.toUpperCase();
  const result: Mending[] = [];
  for (const bag of ownIn(snapshot)) {
    const name = text(bag.Name);
    const present = connectorIn(now, name);
    if (!present) result.push({ action: "recreate", connector: name, bag });
    else if (isRebuilding(snapshot, name) && lostName(bag, present)) {
      const sources = [...new Set([...sourcesOf(present), edge])];
      const TlsCertificateName = bag.TlsCertificateName;
      result.push({ action: "replace", connector: name, bag: { ...present, TlsCertificateName, SourceTransportServers: sources } });
      continue;
    }
    // Made anew, with its name, by a run that ended before it could note that.
    if (present && isRebuilding(snapshot, name)) result.push({ action: "settle", connector: name });
    if (present && !sourcesOf(present).includes(edge)) result.push({ action: "addSource", connector: name, server: snapshot.edge });
  }
  if (createdByImport) return result;
  for (const bag of now) {
    const name = text(bag.Name);
    const own = sourcesOf(bag);
    if (connectorIn(snapshot.connectors, name) || !name.startsWith(BY_IMPORT) || own.length !== 1 || own[0] !== edge) continue;
    result.push({ action: "remove", connector: name });
  }
  return result;
}

const isRebuilding = ({ rebuilding = [] }: Snapshot, connector: string): boolean => rebuilding.some((one) => equalNames(one, connector));

/** Whether a connector that had a TlsCertificateName has none. */
export function lostName(before: ConnectorBag, after: ConnectorBag): boolean {
  return tlsNameOf(before) !== "" && tlsNameOf(after) === "";
}

/** What of this Edge's connectors is not as it was, for the invariant check. A name counts only where we made the connector anew. */
export function connectorDifferences(snapshot: Snapshot, now: ConnectorBag[]): string[] {
  const edge = snapshot.edge.toUpperCase();
  const result: string[] = [];
  for (const bag of ownIn(snapshot)) {
    const name = text(bag.Name);
    const present = connectorIn(now, name);
    if (!present) result.push(`"${name}" is missing`);
    else if (!sourcesOf(present).includes(edge)) result.push(`"${name}" has lost ${snapshot.edge} as a source`);
    else if (isRebuilding(snapshot, name) && lostName(bag, present))
      result.push(`"${name}" has lost its TlsCertificateName, which was ${tlsNameOf(bag)}`);
  }
  return result;
}

export interface NameEdit {
  connector: string;
  before: string;
  /** Empty where it was cleared. */
  now: string;
}

/**
 * TlsCertificateNames that somebody cleared or changed while the window was open. No step of a window does that, and the connector
 * delivers all the same, which an Edge that stays drained does not: an operator's edit, and it survives (rotation.md 12).
 */
export function nameEdits(snapshot: Snapshot, now: ConnectorBag[]): NameEdit[] {
  return ownIn(snapshot)
    .filter((one) => tlsNameOf(one) !== "" && !isRebuilding(snapshot, text(one.Name)))
    .flatMap((bag) => {
      const present = connectorIn(now, text(bag.Name));
      if (!present || sameTlsCertificateName(tlsNameOf(bag), tlsNameOf(present))) return [];
      return [{ connector: text(bag.Name), before: tlsNameOf(bag), now: tlsNameOf(present) }];
    });
}
