/**
 * What the record of calls says (I2, I5, I7, changes made twice, changes that met a running transport). It knows nothing of how the
 * provider works.
 */
import type { HistoryEntry } from "../../../lab/doors/history";
import { violation, type Expectation, type Violation } from "./violations";
import type { LabState, ServerState } from "./world";

const TRANSPORT = "MSExchangeTransport";

const ofHost = (history: HistoryEntry[], host: string): HistoryEntry[] => history.filter((one) => one.host === host);
const text = (entry: HistoryEntry, name: string): string =>
  JSON.stringify(entry.parameters[name] ?? entry.parameters[name.toLowerCase()] ?? null);

export function checkHistory(before: LabState, history: HistoryEntry[], expected: Expectation): Violation[] {
  const { runs = {}, undrained, unavailable } = expected;
  const together = unavailable === undefined ? [] : checkTogether(before, history, unavailable);
  const each = before.servers.flatMap((server) => {
    const own = ofHost(history, server.name);
    return [
      ...checkFences(server, own, runs),
      ...checkTakings(server, own),
      ...checkTwice(server, own),
      ...(server.role === "Edge"
        ? [...checkRemoval(server, own, history), ...(server.name === undrained ? [] : checkDrained(server, own))]
        : checkImports(server, own)),
    ];
  });
  return [...together, ...each];
}

/** Never more Edges out of service at once than may be. */
function checkTogether(before: LabState, history: HistoryEntry[], unavailable: number): Violation[] {
  const edges = before.servers.filter(({ role }) => role === "Edge");
  const out = edges.filter(({ services }) => services[TRANSPORT] !== "Running").map(({ name }) => name);
  const ofEdges = history.filter(({ host }) => edges.some(({ name }) => name === host));
  return leavings(ofEdges, out)
    .filter((one) => one.out.length > unavailable)
    .map((one) => violation("together", `${one.out.join(", ")} are out of service at once (${one.seq}); ${unavailable} may be`));
}

/** Each time that transport of a server was taken out of service: who was out then, beginning with those that were. */
export function leavings(history: HistoryEntry[], already: readonly string[] = []): { seq: number; out: string[] }[] {
  const out = new Set(already);
  return history.flatMap((entry) => {
    if (!entry.executed) return [];
    const about = text(entry, "Name").includes(TRANSPORT);
    if (entry.cmdlet === "Restart-Computer" || (about && /^(Start|Resume|Restart)-Service$/.test(entry.cmdlet))) out.delete(entry.host);
    if (!about || !/^(Suspend|Stop)-Service$/.test(entry.cmdlet) || out.has(entry.host)) return [];
    return [{ seq: entry.seq, out: [...out.add(entry.host)] }];
  });
}

/** I7: the fence of what was carried out never falls, and no two PowerShell processes of different runs share one. */
function checkFences(server: ServerState, own: HistoryEntry[], runs: { [session: string]: number }): Violation[] {
  let highest = 0;
  const holders = new Map<number, number>();
  const found: Violation[] = [];
  for (const entry of own) {
    if (!entry.executed || !entry.mutating || entry.session === "operator") continue;
    if (entry.fence === null) found.push(violation("I7", `${server.name}: ${entry.cmdlet} ran without a fence`));
    else if (entry.fence < highest)
      found.push(violation("I7", `${server.name}: ${entry.cmdlet} ran with fence ${entry.fence} after ${highest}`));
    else highest = entry.fence;
    const run = runs[entry.session];
    if (entry.fence === null || run === undefined) continue;
    const holder = holders.get(entry.fence) ?? run;
    holders.set(entry.fence, holder);
    if (holder !== run) found.push(violation("I7", `${server.name}: two runs wrote with fence ${entry.fence} (${entry.seq})`));
  }
  return found;
}

/** I7: the fence is never raised to less than it was (to the same: somebody waits for a running change). */
function checkTakings(server: ServerState, own: HistoryEntry[]): Violation[] {
  let highest = 0;
  return own
    .filter((one) => one.cmdlet === "fence.raise" && one.executed)
    .flatMap((one) => {
      const fence = Number(one.parameters.fence);
      if (fence >= highest) return ((highest = fence), []);
      return [violation("I7", `${server.name}: the lease was taken with fence ${fence} after ${highest} (${one.seq})`)];
    });
}

/** I7 where no connection was lost: who writes after another process writes with a higher fence. */
export function checkRisingFences(history: HistoryEntry[]): Violation[] {
  const last = new Map<string, HistoryEntry>();
  return history
    .filter((one) => one.mutating && one.executed && one.session !== "operator")
    .flatMap((one) => {
      const before = last.get(one.host);
      last.set(one.host, one);
      const rises = !before || before.session === one.session || Number(one.fence) > Number(before.fence);
      return rises
        ? []
        : [violation("I7", `${one.host}: ${one.session} wrote with fence ${one.fence} after ${before.session} had with ${before.fence}`)];
    });
}

/** Which calls make an earlier, acknowledged one of the same kind void, so that it may be made again. */
const VOIDED_BY: { [cmdlet: string]: RegExp } = {
  "Import-ExchangeCertificate": /^(certificate\.remove(Replaced)?|Remove-ExchangeCertificate)$/,
  "Enable-ExchangeCertificate": /^((Enable|Remove|Import)-ExchangeCertificate|certificate\.remove(Replaced)?)$/,
  "certificate.remove": /^(Import|New)-ExchangeCertificate$/,
  "certificate.removeReplaced": /^(Import|New)-ExchangeCertificate$/,
  "Remove-ExchangeCertificate": /^(Import|New)-ExchangeCertificate$/,
  "Remove-EdgeSubscription": /^New-EdgeSubscription$/,
  "New-SendConnector": /^(Remove-SendConnector|Remove-EdgeSubscription)$/,
  "Set-SendConnector": /^(Set-SendConnector|New-SendConnector|Remove-EdgeSubscription)$/,
  "Set-ReceiveConnector": /^Set-ReceiveConnector$/,
  "Suspend-Service": /^((Start|Resume|Restart)-Service|Restart-Computer)$/,
  "Stop-Service": /^((Start|Resume|Restart)-Service|Restart-Computer)$/,
  "Start-Service": /^((Stop|Suspend|Restart)-Service|Restart-Computer)$/,
  "Resume-Service": /^((Stop|Suspend|Restart)-Service|Restart-Computer)$/,
};
/** What of the parameters says that it is the same change; bulk and passwords differ from one attempt to the next. */
const SUBJECT: { [cmdlet: string]: (entry: HistoryEntry) => string } = {
  "Import-ExchangeCertificate": () => "",
  "New-SendConnector": (entry) => text(entry, "Name"),
};

/** Calls that show nothing of Exchange: they are no look at what became of a change. */
const BOOKKEEPING = /^(hello|shell\.open|fence\.raise|file\.\w+|start)$/;

/** No change that was acknowledged is made a second time, unless something took it back in between. */
function checkTwice(server: ServerState, own: HistoryEntry[]): Violation[] {
  const found: Violation[] = [];
  const standing = new Map<string, HistoryEntry>();
  let lost: HistoryEntry | null = null;
  for (const entry of own) {
    // A reply that was lost is resolved by looking, not by doing it again.
    if (!entry.mutating && !BOOKKEEPING.test(entry.cmdlet)) lost = null;
    if (!entry.executed || !entry.mutating) continue;
    if (lost?.cmdlet === entry.cmdlet && JSON.stringify(lost.parameters) === JSON.stringify(entry.parameters)) {
      found.push(violation("twice", `${server.name}: ${entry.cmdlet} (${lost.seq}) was made again (${entry.seq}) without a look`));
    }
    lost = entry.outcome === "unknown" ? entry : null;
    const key = `${entry.cmdlet} ${(SUBJECT[entry.cmdlet] ?? ((one) => JSON.stringify(one.parameters)))(entry)}`;
    const first = standing.get(key);
    if (first && VOIDED_BY[entry.cmdlet] && entry.session !== "operator" && first.session !== "operator") {
      found.push(violation("twice", `${server.name}: ${entry.cmdlet} was acknowledged (${first.seq}) and made again (${entry.seq})`));
    }
    for (const [other, past] of standing) if (VOIDED_BY[past.cmdlet]?.test(entry.cmdlet) && other !== key) standing.delete(other);
    if (entry.outcome === "ok") standing.set(key, entry);
  }
  return found;
}

/** I5: the old default goes only after it was replaced, bound anew and looked at: enable, export, AD LDS restart, import, sync. */
function checkRemoval(server: ServerState, own: HistoryEntry[], history: HistoryEntry[]): Violation[] {
  const old = server.defaultThumbprint;
  const removal = own.find(
    (one) =>
      one.executed &&
      /^(certificate\.remove(Replaced)?|Remove-ExchangeCertificate)$/.test(one.cmdlet) &&
      text(one, "Thumbprint").includes(String(old)),
  );
  if (!removal || !old) return [];
  const past = history.filter((one) => one.seq < removal.seq && one.executed);
  const here = past.filter((one) => one.host === server.name);
  const exported = here.findLast((one) => one.cmdlet === "New-EdgeSubscription");
  const enabled = here.findLast((one) => one.cmdlet === "Enable-ExchangeCertificate" && text(one, "Services").includes("SMTP"));
  const restarted = here.findLast((one) => one.cmdlet === "Restart-Service" && text(one, "Name").includes("ADAM_MSExchange"));
  const imported = past.findLast((one) => one.host !== server.name && one.cmdlet === "New-EdgeSubscription");
  const order = [enabled, exported, restarted, imported].map((one) => one?.seq ?? -1);
  const good = order.every((seq, index) => seq > 0 && (index === 0 || seq > order[index - 1]));
  return good
    ? []
    : [violation("I5", `${server.name}: ${old} was removed (${removal.seq}) before it was bound anew (${order.join(" < ")})`)];
}

/** The default changes, AD LDS restarts and a predecessor goes while transport is stopped: else mail meets it. */
function checkDrained(server: ServerState, own: HistoryEntry[]): Violation[] {
  let stopped = server.services[TRANSPORT] === "Stopped";
  const found: Violation[] = [];
  for (const entry of own.filter((one) => one.executed)) {
    const about = text(entry, "Name");
    if (/^(Start|Resume|Restart)-Service$/.test(entry.cmdlet) && about.includes(TRANSPORT)) stopped = false;
    if (entry.cmdlet === "Restart-Computer") stopped = server.services[TRANSPORT] === "Stopped";
    if (entry.cmdlet === "Stop-Service" && about.includes(TRANSPORT)) stopped = true;
    const enables = entry.cmdlet === "Enable-ExchangeCertificate" && text(entry, "Services").includes("SMTP");
    const restarts = entry.cmdlet === "Restart-Service" && about.includes("ADAM_MSExchange");
    if ((enables || restarts || entry.cmdlet === "certificate.remove") && !stopped)
      found.push(violation("drain", `${server.name}: ${entry.cmdlet} (${entry.seq}) met a running transport service`));
  }
  return found;
}

/** I2, before it shows: an import that asks for the default connectors. */
function checkImports(server: ServerState, own: HistoryEntry[]): Violation[] {
  const asks = (entry: HistoryEntry): boolean =>
    text(entry, "CreateInternetSendConnector") !== "false" || text(entry, "CreateInboundSendConnector") !== "false";
  return own
    .filter((one) => one.executed && one.cmdlet === "New-EdgeSubscription" && asks(one))
    .map((one) => violation("I2", `${server.name}: the import (${one.seq}) asked for default connectors`));
}
