/** EdgeSync's credentials, lease and cookies out of what Test-EdgeSynchronization said. */
import { esra } from "./credentials";
import type { EdgeObject } from "./directory";
import { readTrust } from "./edgesync";
import { connect } from "./edgesyncConnect";
import type { Restoring } from "./restoring";
import type { Bag, Server } from "./server";

export function restoreSynchronisation(restoring: Restoring): void {
  const { world } = restoring.lab;
  for (const hub of world.mailboxServers) {
    const reports = restoring.copy.servers[hub.name].synchronisation;
    for (const edge of world.directory.edges.values()) {
      if (edge.site.toLowerCase() !== hub.site?.toLowerCase()) continue;
      const report = reports.find(({ Name }) => String(Name).split(".")[0].toUpperCase() === edge.name.toUpperCase());
      restoreCredentials(restoring, hub, edge, report);
      if (report) restoreState(restoring, edge, report);
    }
  }
}

/** They fit, unless the server said that it cannot log on and nothing else that was read explains it. */
function restoreCredentials({ lab: { world } }: Restoring, hub: Server, edge: EdgeObject, report: Bag | undefined): void {
  const object = world.directory.hubs.get(hub.name)!;
  const accounts = world.findServer(edge.fqdn)?.lds?.accounts;
  const key = world.defaultCertificate(hub)?.publicKeySha256 ?? "";
  const now = world.clock.now(hub.name);
  const count = numberIn(report?.CredentialRecords) ?? 3;
  const made = Array.from({ length: count }, (_none, number) =>
    esra(edge.name, `CN=ESRA.${edge.name}.${hub.name}.${number},CN=Services,CN=Configuration`, key, now),
  );
  object.credentials.push(...made);
  for (const { user, password, expires } of made) accounts?.set(user.toLowerCase(), { password, expires });
  if (report?.SyncStatus !== "Failed" || !connect(world, hub, edge, readTrust(world)).ok) return;
  const detail = String(report.FailureDetail);
  if (/cookie/i.test(detail)) return;
  if (/credential is invalid/i.test(detail)) for (const { user } of made) accounts?.delete(user.toLowerCase());
  else for (const credential of made) credential.encryptedFor = "another certificate";
}

function restoreState({ lab: { edgeSync }, age }: Restoring, edge: EdgeObject, report: Bag): void {
  const state = edgeSync.state(edge.name);
  const moment = (value: unknown): Date | null => {
    const at = Date.parse(String(value));
    return Number.isNaN(at) ? null : new Date(at + age);
  };
  const type = String(report.LeaseType);
  state.leaseHolder = String(report.LeaseHolder ?? "") || null;
  state.leaseType = type === "Lock" || type === "Option" ? type : "None";
  state.leaseExpires = moment(report.LeaseExpiryUtc);
  state.lastSynchronized = moment(report.LastSynchronizedUtc);
  state.cookie = numberIn(report.CookieRecords) === 0 ? null : state.lastSynchronized;
}

/** `Number of credentials 3`; null where it was not told. */
function numberIn(text: unknown): number | null {
  const found = /(\d+)/.exec(typeof text === "string" ? text : "");
  return found ? Number(found[1]) : null;
}
