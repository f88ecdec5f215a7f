/** Start- and Test-EdgeSynchronization, Get-EdgeSyncServiceConfig. // [L15] 15.8 */
import { timeText } from "../connectors";
import { TimeSpan } from "../contract";
import type { EdgeObject } from "../directory";
import { LEASES, readTrust, type SyncOutcome } from "../edgesync";
import { connect } from "../edgesyncConnect";
import { hasSource } from "../edgesyncReplicate";
import type { Server } from "../server";
import { CONFIRM, domainController, type Call, type Cmdlet, type Objects } from "./binding";
import { remoting } from "./remoting";
import { notFound, taskError } from "./errors";

/** 2 × interval + 30 min. // [L15] 15.8 */
const STALE = 40 * 60_000;

/** The Hub that answers, and its Edges that `-TargetServer` means; unknown target: none. */
function targets(call: Call): { hub: Server; edges: EdgeObject[] } {
  const named = call.values.Server as string | undefined;
  const hub = named ? call.lab.world.findServer(named) : call.server;
  if (!hub || hub.role !== "Mailbox") throw notFound(call.cmdlet, named ?? "");
  const wanted = (call.values.TargetServer as string | undefined)?.toLowerCase();
  const edges = call.lab.edgeSync
    .edgesOf(hub)
    .filter((edge) => !wanted || [edge.name, edge.fqdn].some((known) => known.toLowerCase() === wanted));
  return { hub, edges };
}

export const startEdgeSynchronization: Cmdlet = {
  name: "Start-EdgeSynchronization",
  role: "Mailbox",
  parameters: () => ({ Server: "string", TargetServer: "string", ForceFullSync: "switch", ForceUpdateCookie: "switch", ...CONFIRM }),
  async run(call) {
    const { edgeSync, world } = call.lab;
    const { hub, edges } = targets(call);
    if (!hub.runs("MSExchangeEdgeSync"))
      throw taskError(
        call.cmdlet,
        "System.InvalidOperationException",
        "ResourceUnavailable",
        `The Microsoft Exchange EdgeSync service on server ${hub.name} can't be reached. Make sure that it is running.`,
      );
    // A second start while one runs: an error. // [L15] 15.8
    if (edges.some((edge) => edgeSync.state(edge.name).running))
      throw taskError(
        call.cmdlet,
        "System.InvalidOperationException",
        "InvalidOperation",
        "EdgeSync is synchronizing already. Wait until it has finished.",
      );
    if (call.values.WhatIf) return [];
    const start = world.clock.now(hub.name);
    if (edgeSync.edgesOf(hub).length === 0) return [syncObject(call, hub, null, "General", "NoSubscriptions", start, start)];
    const locked = edges.filter((edge) => edgeSync.lock(edge.name, hub));
    await world.wait("edgeSyncRun");
    return edges.flatMap((edge) => {
      if (locked.includes(edge)) edgeSync.unlock(edge.name);
      const outcome = edgeSync.attempt(hub, edge, call.values.ForceFullSync === true, start);
      return outcomeObjects(call, hub, outcome);
    });
  },
};

/** One object per Edge and type; recipients do not suffer from a refused connector. // [L15] 15.8 */
function outcomeObjects(call: Call, hub: Server, outcome: SyncOutcome): Objects {
  const { edge, result, startUtc, endUtc, failure, counters } = outcome;
  const recipients = result === "Incomplete" ? "Success" : result;
  return [
    {
      ...syncObject(call, hub, edge, "Configuration", result, startUtc, endUtc),
      FailureDetails: failure,
      Added: counters.added,
      Deleted: counters.deleted,
      Updated: counters.updated,
      Scanned: counters.scanned,
    },
    { ...syncObject(call, hub, edge, "Recipients", recipients, startUtc, endUtc), FailureDetails: recipients === "Success" ? "" : failure },
  ];
}

function syncObject(
  _call: Call,
  hub: Server,
  edge: EdgeObject | null,
  type: string,
  result: string,
  start: Date,
  end: Date,
): { [property: string]: unknown } {
  return {
    Result: result,
    Type: type,
    Name: edge?.name ?? hub.name,
    FailureDetails: "",
    StartUTC: start,
    EndUTC: end,
    Added: 0,
    Deleted: 0,
    Updated: 0,
    Scanned: 0,
    TargetScanned: 0,
    ...remoting(hub),
  };
}

const KINDS = [
  "TransportServerStatus",
  "TransportConfigStatus",
  "AcceptedDomainStatus",
  "RemoteDomainStatus",
  "SendConnectorStatus",
  "MessageClassificationStatus",
  "RecipientStatus",
] as const;

export const testEdgeSynchronization: Cmdlet = {
  name: "Test-EdgeSynchronization",
  role: "Mailbox",
  parameters: (server) => ({
    TargetServer: "string",
    ExcludeRecipientTest: "switch",
    FullCompareMode: "switch",
    MaxReportSize: "any",
    MonitoringContext: "bool",
    VerifyRecipient: "string",
    ...CONFIRM,
    ...domainController(server),
  }),
  exclusive: [["TargetServer", "VerifyRecipient"]],
  run(call) {
    const { hub, edges } = targets(call);
    if (call.lab.edgeSync.edgesOf(hub).length === 0) return [testObject(call, hub, null, "NoSyncConfigured", "", "NotStarted")];
    return edges.map((edge) => test(call, hub, edge));
  },
};

/** Reads afresh: it can pass while the service's cache still refuses. // [L15] 15.8 */
function test(call: Call, hub: Server, edge: EdgeObject): { [property: string]: unknown } {
  const { world, edgeSync } = call.lab;
  const state = edgeSync.state(edge.name);
  const connection = connect(world, hub, edge, readTrust(world));
  if (!connection.ok) return testObject(call, hub, edge, "Failed", connection.reason, "NotStarted");
  if (state.leaseType === "Lock") return testObject(call, hub, edge, "Inconclusive", "", "InProgress");
  if (state.leaseType === "None") return testObject(call, hub, edge, "Inconclusive", "", "NotStarted");
  const now = world.clock.now(hub.name).getTime();
  const stale = (date: Date | null): boolean => !date || now - date.getTime() > STALE;
  // Lease or cookies older than 40 min. // [L15] 15.8
  if (stale(state.lastSynchronized) || stale(state.cookie))
    return testObject(call, hub, edge, "Failed", "The cookie of the last synchronization is too old.", "NotSynchronized");
  // The first article saw them without the switch. // [SEED1], [L15] 15.8
  const compared = call.values.FullCompareMode === true || world.toggles.perTypeStates === "always";
  return testObject(call, hub, edge, "Normal", "", compared ? null : "Skipped");
}

/** `every` = the state of all types; null = compare. */
function testObject(
  call: Call,
  hub: Server,
  edge: EdgeObject | null,
  status: string,
  failure: string,
  every: string | null,
): { [property: string]: unknown } {
  const { world, edgeSync } = call.lab;
  const state = edge ? edgeSync.state(edge.name) : null;
  const types = Object.fromEntries(KINDS.map((kind) => [kind, every ?? compare(call, edge!, kind)]));
  if (call.values.ExcludeRecipientTest) types.RecipientStatus = "Skipped";
  return {
    SyncStatus: status,
    UtcNow: world.clock.now(hub.name),
    Name: edge?.name ?? "",
    LeaseHolder: state?.leaseHolder ?? "",
    LeaseType: state?.leaseType ?? "None",
    FailureDetail: failure,
    LeaseExpiryUtc: state?.leaseExpires ?? null,
    LastSynchronizedUtc: state?.lastSynchronized ?? null,
    ...types,
    CredentialRecords: edge
      ? `Number of credentials ${world.directory.hubs.get(hub.name)!.credentials.filter((credential) => credential.edge === edge.name).length}`
      : "Number of credentials 0",
    CookieRecords: `Number of cookies ${state?.cookie ? 2 : 0}`,
    ...remoting(hub),
  };
}

/** Never changes SyncStatus. // [L15] 15.8 */
function compare(call: Call, edge: EdgeObject, kind: (typeof KINDS)[number]): string {
  const { world } = call.lab;
  const lds = world.findServer(edge.fqdn)?.lds;
  if (!lds) return "DirectoryError";
  const equal = (a: unknown, b: unknown): string => (JSON.stringify(a) === JSON.stringify(b) ? "Synchronized" : "NotSynchronized");
  if (kind === "SendConnectorStatus")
    return equal(
      [...world.directory.sendConnectors].filter(([, bag]) => hasSource(bag, edge.name)).sort(byName),
      [...lds.sendConnectors].sort(byName),
    );
  if (kind === "AcceptedDomainStatus") return equal([...world.directory.acceptedDomains], [...lds.acceptedDomains]);
  if (kind === "RemoteDomainStatus") return equal([...world.directory.remoteDomains], [...lds.remoteDomains]);
  if (kind !== "TransportServerStatus") return "Synchronized";
  const hubs = world.hubsOf(edge.site).map((hub) => [hub.name, world.defaultBlob(hub)?.toString("base64")]);
  return equal(
    hubs,
    [...lds.hubs].map(([name, { internalCertificate }]) => [name, internalCertificate?.toString("base64")]),
  );
}

const byName = (a: [string, unknown], b: [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

export const getEdgeSyncServiceConfig: Cmdlet = {
  name: "Get-EdgeSyncServiceConfig",
  role: "Mailbox",
  parameters: (server) => ({ Identity: "string", Site: "string", ...domainController(server) }),
  run: (call) =>
    call.lab.world.directory.sites.map((site) => ({
      Name: "EdgeSyncService",
      Identity: `${site}\\EdgeSyncService`,
      Site: site,
      ...leaseDurations(call),
      ...call.lab.world.directory.edgeSyncConfig,
      ...remoting(call.server),
    })),
};

function leaseDurations(call: Call): { [property: string]: string } {
  const { lock, renewal, option } = LEASES[call.lab.world.toggles.edgeSyncLease];
  const text = (minutes: number): string => `0${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:00`;
  return { LockDuration: text(lock), LockRenewalDuration: text(renewal), OptionDuration: text(option) };
}

export const setEdgeSyncServiceConfig: Cmdlet = {
  name: "Set-EdgeSyncServiceConfig",
  role: "Mailbox",
  parameters: (server) => ({
    Identity: "string",
    LogEnabled: "bool",
    LogLevel: "string",
    ConfigurationSyncInterval: "timespan",
    RecipientSyncInterval: "timespan",
    ...CONFIRM,
    ...domainController(server),
  }),
  required: () => ["Identity"],
  run(call) {
    if (call.values.WhatIf) return [];
    const given = Object.entries(call.values).filter(([name]) => name in EDGESYNC_DEFAULTS);
    const shown = given.map(([name, value]) => [name, value instanceof TimeSpan ? timeText(value) : value]);
    Object.assign(call.lab.world.directory.edgeSyncConfig, Object.fromEntries(shown));
    return [];
  },
};

/** Defaults that the concept page gives. // [DOC:edge-subscriptions], [L15] 15.8 */
export const EDGESYNC_DEFAULTS = {
  ConfigurationSyncInterval: "00:03:00",
  RecipientSyncInterval: "00:05:00",
  CookieValidDuration: "21.00:00:00",
  FailoverDCInterval: "00:05:00",
  LogEnabled: true,
  LogLevel: "None",
  LogPath: "TransportRoles\\Logs\\EdgeSync",
};
