/**
 * The second opinion. From what the lab shows before and after, and from its record of calls, it says which of the invariants
 * I1–I9 were broken and which acknowledged change was made twice. It knows nothing of how the provider works.
 */
import type { HistoryEntry } from "../../../lab/doors/history";
import type { LabState, ServerState } from "./world";

export interface Expectation {
  /** Edges that were rotated → the thumbprint they should have. Others must be as before. */
  edges: { [edge: string]: string };
  /** Connector → properties that the program declared to change. */
  connectors?: { [connector: string]: { [property: string]: unknown } };
  /** PowerShell process → run that it served: two runs must never share a fence. */
  runs?: { [session: string]: number };
  /** What must turn up nowhere: passwords, keys. */
  canaries?: string[];
  /** Texts that left the provider (progress, errors, state). */
  texts?: string[];
}
export interface Violation {
  invariant: string;
  text: string;
}
type Bag = { [property: string]: unknown };

/** Identity and bookkeeping of a directory object: a rebuilt connector has new ones. */
const IDENTITY =
  /^(Guid|Id|Identity|DistinguishedName|ObjectCategory|ObjectClass|WhenChanged|WhenChangedUTC|WhenCreated|WhenCreatedUTC|OriginatingServer|ExchangeVersion|RunspaceId|PSComputerName|ObjectState|IsValid|OrganizationId|AdminDisplayName|HomeMtaServerId|HomeMTA|HomeMTAServerId|ConnectedDomains|SourceIPAddress|SourceRoutingGroup|Site)$/;
const TRANSPORT = "MSExchangeTransport";

/** Everything that is wrong once the work is said to be done. */
export function checkEnd(before: LabState, after: LabState, history: HistoryEntry[], expected: Expectation): Violation[] {
  return [
    ...checkConnectors(before, after, expected),
    ...checkBinding(before, after, expected),
    ...checkServices(before, after),
    ...checkLeftovers(after),
    ...checkHistory(before, history, expected),
    ...checkSecrets(after, history, expected),
    ...checkMail(after),
  ];
}

/** What must hold at any moment, in the middle of a failure too. */
export function checkAlways(before: LabState, after: LabState, history: HistoryEntry[], expected: Expectation): Violation[] {
  return [...checkHistory(before, history, expected), ...checkSecrets(after, history, expected), ...checkMail(after)];
}

const violation = (invariant: string, text: string): Violation => ({ invariant, text });
const named = <T extends Bag>(bags: T[], name: unknown): T | undefined =>
  bags.find((one) => String(one.Name).toLowerCase() === String(name).toLowerCase());
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => JSON.stringify(sorted(one))).sort();
  if (value === null || typeof value !== "object") return value;
  // The first of several source servers is also shown as an object of its own; which one it is says nothing.
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, sorted(inner)]));
}
const equal = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a) ?? null) === JSON.stringify(sorted(b) ?? null);

/** I1: nothing lost, nothing changed that was not declared. I2: nothing new. */
function checkConnectors(before: LabState, after: LabState, { connectors = {} }: Expectation): Violation[] {
  const found: Violation[] = [];
  for (const old of before.sendConnectors) {
    const now = named(after.sendConnectors, old.Name);
    if (!now) {
      found.push(violation("I1", `connector "${String(old.Name)}" is gone`));
      continue;
    }
    const declared = connectors[String(old.Name)] ?? {};
    for (const property of new Set([...Object.keys(old), ...Object.keys(now)])) {
      if (IDENTITY.test(property)) continue;
      const wanted = property in declared ? declared[property] : old[property];
      if (!equal(now[property], wanted)) {
        found.push(
          violation(
            "I1",
            `connector "${String(old.Name)}": ${property} is ${JSON.stringify(now[property])}, not ${JSON.stringify(wanted)}`,
          ),
        );
      }
    }
  }
  for (const now of after.sendConnectors) {
    if (!named(before.sendConnectors, now.Name)) found.push(violation("I2", `connector "${String(now.Name)}" was not there before`));
  }
  return found;
}

/** I3: one subscription an Edge, same site; LDAPS leaf = default = bound certificate; what STARTTLS presents is the new one. */
function checkBinding(before: LabState, after: LabState, { edges }: Expectation): Violation[] {
  const found: Violation[] = [];
  for (const old of before.subscriptions) {
    const own = after.subscriptions.filter((one) => one.Name === old.Name);
    if (own.length !== 1) found.push(violation("I3", `${old.Name} has ${own.length} subscriptions`));
    else if (own[0].Site !== old.Site) found.push(violation("I3", `${old.Name} moved to site ${own[0].Site}`));
  }
  for (const server of after.servers.filter((one) => one.role === "Edge")) {
    const old = before.servers.find((one) => one.name === server.name)!;
    const wanted = edges[server.name] ?? old.defaultThumbprint;
    const bound = after.subscriptions.find((one) => one.Name === server.name)?.certificateThumbprint;
    const seen = {
      default: server.defaultThumbprint,
      LDAPS: server.ldapsThumbprint,
      subscription: bound,
      STARTTLS: server.transportThumbprint,
    };
    for (const [door, thumbprint] of Object.entries(seen)) {
      const running = server.services[TRANSPORT] === "Running";
      if (door === "STARTTLS" && !running) continue;
      if (thumbprint !== wanted) found.push(violation("I3", `${server.name}: ${door} is ${thumbprint}, not ${wanted}`));
    }
  }
  return found;
}

/** I4: every service is as it was. */
function checkServices(before: LabState, after: LabState): Violation[] {
  const found: Violation[] = [];
  for (const old of before.servers) {
    const now = after.servers.find((one) => one.name === old.name)!;
    for (const [service, status] of Object.entries(old.services)) {
      if (now.services[service] !== status)
        found.push(violation("I4", `${old.name}: ${service} is ${now.services[service]}, was ${status}`));
    }
  }
  return found;
}

/** No window, no owed restart, no subscription file stays behind. A snapshot may: it counts only while its journal is open. */
function checkLeftovers(after: LabState): Violation[] {
  return after.servers.flatMap((server) =>
    server.files
      .filter(({ path }) => /^(windows|flips)\//.test(path) || /\.xml$/i.test(path))
      .map(({ path }) => violation("I9", `${server.name}: ${path} stayed behind`)),
  );
}

const ofHost = (history: HistoryEntry[], host: string): HistoryEntry[] => history.filter((one) => one.host === host);
const text = (entry: HistoryEntry, name: string): string =>
  JSON.stringify(entry.parameters[name] ?? entry.parameters[name.toLowerCase()] ?? null);

function checkHistory(before: LabState, history: HistoryEntry[], { runs = {} }: Expectation): Violation[] {
  return before.servers.flatMap((server) => {
    const own = ofHost(history, server.name);
    return [
      ...checkFences(server, own, runs),
      ...checkTakings(server, own),
      ...checkTwice(server, own),
      ...(server.role === "Edge" ? [...checkRemoval(server, own, history), ...checkDrained(server, own)] : checkImports(server, own)),
    ];
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
  "Import-ExchangeCertificate": /^(certificate\.remove|Remove-ExchangeCertificate)$/,
  "Enable-ExchangeCertificate": /^(Enable-ExchangeCertificate|certificate\.remove|Remove-ExchangeCertificate|Import-ExchangeCertificate)$/,
  "certificate.remove": /^(Import|New)-ExchangeCertificate$/,
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

/** No change that was acknowledged is made a second time, unless something took it back in between. */
function checkTwice(server: ServerState, own: HistoryEntry[]): Violation[] {
  const found: Violation[] = [];
  const standing = new Map<string, HistoryEntry>();
  let lost: HistoryEntry | null = null;
  for (const entry of own) {
    // A reply that was lost is resolved by looking, not by doing it again.
    if (!entry.mutating) lost = null;
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
      /^(certificate\.remove|Remove-ExchangeCertificate)$/.test(one.cmdlet) &&
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

/** I6: no secret in files, in the record of calls, in what the provider said. */
function checkSecrets(after: LabState, history: HistoryEntry[], { canaries = [], texts = [] }: Expectation): Violation[] {
  const places: [string, string][] = [
    ...after.servers.flatMap((server) =>
      server.files.map(({ path, text: content }): [string, string] => [`${server.name}:${path}`, content]),
    ),
    ["history", JSON.stringify(history)],
    ...texts.map((one, index): [string, string] => [`text ${index}`, one]),
  ];
  return canaries.flatMap((canary) =>
    places.filter(([, content]) => content.includes(canary)).map(([place]) => violation("I6", `a secret is in ${place}`)),
  );
}

function checkMail(after: LabState): Violation[] {
  return after.mail.lost > 0 ? [violation("mail", `${after.mail.lost} mails were lost`)] : [];
}

/** I8: a finished rotation, run again, changes nothing and reads over one connection a host. */
export function checkQuiet(history: HistoryEntry[]): Violation[] {
  const changes = history.filter((one) => one.mutating).map((one) => violation("I8", `${one.host}: ${one.cmdlet} ran again`));
  const sessions = new Map<string, Set<string>>();
  for (const { host, session } of history) sessions.set(host, (sessions.get(host) ?? new Set()).add(session));
  const many = [...sessions]
    .filter(([, all]) => all.size > 1)
    .map(([host, all]) => violation("I8", `${host}: ${all.size} PowerShell processes`));
  return [...changes, ...many];
}

/** What counts of a state when two ends are compared: certificates, doors, services, connectors, subscriptions. */
export function essence(state: LabState): string {
  const servers = state.servers.map(
    ({ name, certificates, defaultThumbprint, transportThumbprint, ldapsThumbprint, services, receiveConnectors }) => ({
      name,
      certificates: certificates
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

function plainBag(bag: Bag): Bag {
  return Object.fromEntries(
    Object.entries(bag)
      .filter(([name]) => !IDENTITY.test(name))
      .map(([name, value]) => [name, sorted(value)]),
  );
}
