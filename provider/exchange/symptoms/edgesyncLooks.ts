/** How each trouble of EdgeSync shows in the facts (exchange.md 15.6, 15.8). */
import type { EventRecord } from "../../remote/protocol";
import { equalNames } from "../shell";
import type { DoorFact, Facts, HostFact, SubscriptionFact } from "./facts";
import {
  edgesOf,
  eventsOf,
  eventSentence,
  failedSync,
  find,
  mailboxesOf,
  mentions,
  runs,
  syncedAfter,
  syncOf,
  syncSentence,
} from "./state";
import { EDGESYNC_SOURCE, MESSAGE_SECURITY_SOURCE, type Evidence } from "./types";

const FAILURES = [1024, 1025, 1032, 1033, 1035, 10104];
/** Runs are 3 to 5 minutes apart: what the newest ones no longer say has passed. */
const LATEST_MS = 15 * 60_000;
const NAME_LIMIT = 256;

/** One Mailbox server and one Edge that it synchronises. */
interface Pair {
  hub: HostFact;
  subscription: SubscriptionFact;
  edge: HostFact | undefined;
}

function pairs(facts: Facts): Pair[] {
  const hubs = mailboxesOf(facts);
  const answered = (edge: string): boolean => hubs.some((hub) => syncOf(hub, edge));
  return hubs.flatMap((hub) =>
    hub.subscriptions
      // A Mailbox server synchronises the Edges of its own site; Test-EdgeSynchronization names those alone.
      .filter(({ edge }) => syncOf(hub, edge) ?? !answered(edge))
      .map((subscription) => ({ hub, subscription, edge: edgesOf(facts).find(({ name }) => equalNames(name, subscription.edge)) })),
  );
}

interface Told {
  events: EventRecord[];
  past: boolean;
}

/** Events of these ids about one Edge; past once a later run went well, or the newest failures are others. */
function told({ hub, subscription }: Pair, ids: number[], named = true): Told {
  const about = (event: EventRecord): boolean => !named || mentions(event.text, subscription.edge);
  const events = eventsOf(hub, EDGESYNC_SOURCE, ids).filter(about);
  if (events.length === 0) return { events, past: true };
  const failures = eventsOf(hub, EDGESYNC_SOURCE, FAILURES).map(({ utc }) => Date.parse(utc));
  const outdated = Math.max(...failures) - Date.parse(events[0].utc) > LATEST_MS;
  return { events, past: outdated || syncedAfter(hub, subscription.edge, events[0]) };
}

/** The evidence of a pair; `state` is what was read beyond the log. */
function evidence(pair: Pair, { events, past }: Told, state: string[], values: { [name: string]: string } = {}): Evidence {
  const sync = syncOf(pair.hub, pair.subscription.edge);
  const failing = !past || state.length > 0;
  return {
    host: pair.hub.name,
    object: pair.subscription.edge,
    seen: [...state, ...(sync && failing && sync.status !== "Normal" ? [syncSentence(sync)] : []), ...events.map(eventSentence)],
    past: !failing,
    values: { site: pair.subscription.site, default: pair.hub.defaultThumbprint ?? "(none)", ...values },
  };
}

/** A symptom that only the log tells. */
export function byEvent(ids: number[]) {
  return (facts: Facts): Evidence[] =>
    pairs(facts).flatMap((pair) => {
      const found = told(pair, ids);
      return found.events.length > 0 ? [evidence(pair, found, [])] : [];
    });
}

export function cngDefault(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair) => {
    const found = told(pair, [1035], false);
    const own = find(pair.hub, pair.hub.defaultThumbprint);
    const state =
      own?.keyProvider === "CNG" ? [`The key of the default certificate ${own.thumbprint} of ${pair.hub.name} is a CNG key.`] : [];
    if (state.length + found.events.length === 0) return [];
    return [evidence(pair, own && state.length === 0 ? { ...found, past: true } : found, state)];
  });
}

/** Whether EdgeSync takes what LDAPS presents for the Edge's: by public key, or by certificate where it compares so. */
function mismatch(facts: Facts, { subscription }: Pair, door: DoorFact | null | undefined): "none" | "key" | "certificate" {
  if (door?.state !== "presents" || !subscription.thumbprint || door.thumbprint === subscription.thumbprint) return "none";
  const keys = mailboxesOf(facts).flatMap(({ subscriptions }) => subscriptions.flatMap((one) => one.publicKeySha256 ?? []));
  return keys.includes(door.publicKeySha256) ? "certificate" : "key";
}

export function wrongLeaf(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair): Evidence[] => {
    const door = pair.edge?.ldaps;
    const found = told(pair, [10104]);
    const wrong = mismatch(facts, pair, door);
    const refused = wrong === "certificate" && !found.past;
    if (found.events.length === 0 && wrong !== "key") return [];
    const values = {
      presented: door?.state === "presents" ? door.thumbprint : "another certificate",
      known: pair.subscription.thumbprint ?? "(unknown)",
    };
    const state = wrong === "key" || refused ? [leafSentence(pair, door)] : [];
    return [{ ...evidence(pair, wrong === "none" && door?.state === "presents" ? { ...found, past: true } : found, state, values) }];
  });
}

function leafSentence({ edge, subscription }: Pair, door: DoorFact | null | undefined): string {
  const leaf = door?.state === "presents" ? `${door.thumbprint} (${door.subject})` : "nothing";
  return `LDAPS of ${subscription.edge} is reachable and presents ${leaf}; the organisation knows ${subscription.thumbprint ?? "nothing"}; the default is ${edge?.defaultThumbprint ?? "not known"}.`;
}

/** The right certificate is presented and the service still says no: its trust cache is up to 5 minutes old. */
export function oldCache(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair): Evidence[] => {
    const found = told(pair, [10104]);
    if (found.past || pair.edge?.ldaps?.state !== "presents" || mismatch(facts, pair, pair.edge.ldaps) !== "none") return [];
    return [evidence(pair, found, [])];
  });
}

export function unreachable(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair) => {
    const { edge } = pair;
    if (edge?.ldaps?.state !== "closed" || !runs(edge, "ADAM_MSExchange")) return [];
    return [evidence(pair, told(pair, [1024]), [`LDAPS of ${edge.name} does not answer: ${edge.ldaps.reason}`])];
  });
}

/** 1024 while AD LDS answers with the right certificate: the account is not the one of the last file. */
export function accountRefused(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair) => {
    const found = told(pair, [1024]);
    const answers = pair.edge?.ldaps?.state === "presents" && mismatch(facts, pair, pair.edge.ldaps) === "none";
    if (found.events.length === 0 || !answers) return [];
    const failing = failedSync(syncOf(pair.hub, pair.subscription.edge));
    return [evidence(pair, { ...found, past: found.past || !failing }, [])];
  });
}

export function refusedObject(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair) => {
    const found = told(pair, [1025]);
    const source = pair.subscription.edge.toUpperCase();
    const long = (pair.hub.sendConnectors ?? []).filter(
      ({ sources, tlsCertificateName }) => sources.includes(source) && tlsCertificateName.length > NAME_LIMIT,
    );
    const state = long.map(
      (one) => `${one.name} has a TlsCertificateName of ${one.tlsCertificateName.length} characters; AD LDS takes ${NAME_LIMIT}.`,
    );
    if (state.length + found.events.length === 0) return [];
    return [evidence(pair, found, state, { connector: long[0]?.name ?? "the connector that the event names" })];
  });
}

/** 1003 to 1006: the credential service of an Edge, and what EdgeSync says of a future account. */
export function renewal(facts: Facts): Evidence[] {
  return facts.hosts.flatMap((host): Evidence[] => {
    const onEdge = eventsOf(host, MESSAGE_SECURITY_SOURCE, [1003, 1004, 1005, 1006]);
    const events = [...onEdge, ...eventsOf(host, EDGESYNC_SOURCE, [1004])];
    if (events.length === 0) return [];
    const newest = events.reduce((a, b) => (a.utc > b.utc ? a : b));
    const renewed = eventsOf(host, MESSAGE_SECURITY_SOURCE, [1008]).some(({ utc }) => utc > newest.utc);
    const edges = host.role === "Edge" ? [host.name] : host.subscriptions.map(({ edge }) => edge);
    const healthy = edges.length > 0 && edges.every((edge) => mailboxesOf(facts).some((hub) => syncedAfter(hub, edge, newest)));
    return [
      {
        host: host.name,
        object: host.role === "Edge" ? host.name : "EdgeSync accounts",
        seen: events.map(eventSentence),
        past: renewed || healthy,
      },
    ];
  });
}

/** 1009: the file was not imported in time. */
export function expired(facts: Facts): Evidence[] {
  return edgesOf(facts).flatMap((edge): Evidence[] => {
    const events = eventsOf(edge, MESSAGE_SECURITY_SOURCE, [1009]);
    if (events.length === 0) return [];
    const over = mailboxesOf(facts).some((hub) => syncedAfter(hub, edge.name, events[0]));
    return [{ host: edge.name, object: edge.name, seen: events.map(eventSentence), past: over }];
  });
}

export function failing(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair) => {
    const sync = syncOf(pair.hub, pair.subscription.edge);
    return sync && failedSync(sync) ? [evidence(pair, { events: [], past: false }, [])] : [];
  });
}
