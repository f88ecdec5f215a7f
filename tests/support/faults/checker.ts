/**
 * The second opinion. From what the lab shows before and after, and from its record of calls, it says which of the invariants
 * I1–I9 were broken and which acknowledged change was made twice. It knows nothing of how the provider works.
 */
import type { HistoryEntry } from "../../../lab/doors/history";
import { checkHistory } from "./checkHistory";
import { IDENTITY, sorted, type Bag } from "./essence";
import { violation, type Expectation, type Violation } from "./violations";
import type { LabState } from "./world";

const TRANSPORT = "MSExchangeTransport";

/** Everything that is wrong once the work is said to be done. */
export function checkEnd(before: LabState, after: LabState, history: HistoryEntry[], expected: Expectation): Violation[] {
  return [
    ...checkConnectors(before, after, expected),
    ...checkReceiveConnectors(before, after, expected),
    ...checkBinding(before, after, expected),
    ...checkMailboxDefaults(before, after),
    ...checkCertificates(before, after, expected),
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

const named = <T extends Bag>(bags: T[], name: unknown): T | undefined =>
  bags.find((one) => String(one.Name).toLowerCase() === String(name).toLowerCase());
const equal = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a) ?? null) === JSON.stringify(sorted(b) ?? null);

/** What of an object is neither as it was nor as the program declared it. */
function differences(what: string, old: Bag, now: Bag, declared: Bag): Violation[] {
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((property) => !IDENTITY.test(property))
    .flatMap((property) => {
      const wanted = property in declared ? declared[property] : old[property];
      if (equal(now[property], wanted)) return [];
      return [violation("I1", `${what}: ${property} is ${JSON.stringify(now[property])}, not ${JSON.stringify(wanted)}`)];
    });
}

/** I1: nothing lost, nothing changed that was not declared. I2: nothing new. */
function checkConnectors(before: LabState, after: LabState, { connectors = {} }: Expectation): Violation[] {
  const found: Violation[] = [];
  for (const old of before.sendConnectors) {
    const now = named(after.sendConnectors, old.Name);
    if (!now) {
      found.push(violation("I1", `connector "${String(old.Name)}" is gone`));
      continue;
    }
    found.push(...differences(`connector "${String(old.Name)}"`, old, now, connectors[String(old.Name)] ?? {}));
  }
  for (const now of after.sendConnectors) {
    if (!named(before.sendConnectors, now.Name)) found.push(violation("I2", `connector "${String(now.Name)}" was not there before`));
  }
  return found;
}

/** I1 and I2 for the connectors that receive. */
function checkReceiveConnectors(before: LabState, after: LabState, { receive }: Expectation): Violation[] {
  if (!receive) return [];
  return after.servers.flatMap((server) => {
    const old = before.servers.find((one) => one.name === server.name)!.receiveConnectors;
    const gone = old.filter((one) => !named(server.receiveConnectors, one.Name));
    return [
      ...gone.map((one) => violation("I1", `${server.name}: receive connector "${String(one.Name)}" is gone`)),
      ...server.receiveConnectors.flatMap((now) => {
        const what = `${server.name}\\${String(now.Name)}`;
        const was = named(old, now.Name);
        return was ? differences(what, was, now, receive[what] ?? {}) : [violation("I2", `${what} was not there before`)];
      }),
    ];
  });
}

/** I5: no certificate goes but the ones that were replaced, and the default has its key. */
function checkCertificates(before: LabState, after: LabState, { edges, replaced: left = [] }: Expectation): Violation[] {
  return after.servers.flatMap((server) => {
    const old = before.servers.find((one) => one.name === server.name)!;
    const replaced = edges[server.name] === undefined || edges[server.name] === old.defaultThumbprint ? null : old.defaultThumbprint;
    const now = new Map(server.certificates.map((one) => [one.thumbprint, one]));
    const gone = old.certificates.filter(({ thumbprint }) => !now.has(thumbprint) && ![replaced, ...left].includes(thumbprint));
    const usable = server.defaultThumbprint === null || now.get(server.defaultThumbprint)?.hasPrivateKey === true;
    return [
      ...gone.map(({ thumbprint }) => violation("I5", `${server.name}: certificate ${thumbprint} is gone`)),
      ...(usable ? [] : [violation("I5", `${server.name}: the default ${server.defaultThumbprint} is not installed with its key`)]),
    ];
  });
}

/** I3: one subscription an Edge, same site; LDAPS leaf = default = bound certificate; what STARTTLS presents is the new one. */
function checkBinding(before: LabState, after: LabState, { edges }: Expectation): Violation[] {
  const found: Violation[] = [];
  for (const old of before.subscriptions) {
    const own = after.subscriptions.filter((one) => one.Name === old.Name);
    if (own.length !== 1) found.push(violation("I3", `${old.Name} has ${own.length} subscriptions`));
    else if (own[0].Site !== old.Site) found.push(violation("I3", `${old.Name} moved to site ${own[0].Site}`));
  }
  for (const { Name } of after.subscriptions)
    if (!before.subscriptions.some((one) => one.Name === Name)) found.push(violation("I3", `${Name} was not subscribed before`));
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

/** No program of these replaces a Mailbox server's default: another one breaks EdgeSync (exchange.md 2.5). */
function checkMailboxDefaults(before: LabState, after: LabState): Violation[] {
  return before.servers.flatMap(({ name, role, defaultThumbprint: old }) => {
    const now = after.servers.find((one) => one.name === name)!.defaultThumbprint;
    return role === "Edge" || now === old ? [] : [violation("I3", `${name}: the default is ${now}, was ${old}`)];
  });
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

/** I6: no secret in files, events or anything else that the lab shows, in the record of calls, in what the provider said. */
function checkSecrets(after: LabState, history: HistoryEntry[], { canaries = [], texts = [] }: Expectation): Violation[] {
  const places: [string, string][] = [
    ...after.servers.map((server): [string, string] => [server.name, server.files.map((one) => `${one.path}\n${one.text}`).join("\n")]),
    ["the state", JSON.stringify(after)],
    ["history", JSON.stringify(history)],
    ["texts", texts.join("\n")],
  ];
  return canaries.flatMap((canary) =>
    places
      .filter(([, content]) => formsOf(canary).some((form) => content.includes(form)))
      .map(([place]) => violation("I6", `a secret is in ${place}`)),
  );
}

/** A secret as it is and as it may be written; base64 without its ends, which depend on what stands beside it. */
const forms = new Map<string, string[]>();
function formsOf(canary: string): string[] {
  const known = forms.get(canary);
  if (known) return known;
  const base64 = (bytes: Buffer): string[] =>
    [0, 1, 2].map((shift) =>
      Buffer.concat([Buffer.alloc(shift), bytes])
        .toString("base64")
        .replaceAll("=", "")
        .slice(shift + 1, -2),
    );
  const [utf8, utf16] = [Buffer.from(canary, "utf8"), Buffer.from(canary, "utf16le")];
  const made = [canary, encodeURIComponent(canary), utf8.toString("hex"), ...base64(utf8), ...base64(utf16)];
  forms.set(canary, made);
  return made;
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
