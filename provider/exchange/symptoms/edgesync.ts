/** EdgeSync: credentials, keys, the certificate on LDAPS, refused objects (exchange.md 9, 15.6, 15.8). */
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
import { EDGESYNC_SOURCE, MESSAGE_SECURITY_SOURCE, type Evidence, type Symptom } from "./types";

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
  return mailboxesOf(facts).flatMap((hub) =>
    hub.subscriptions.map((subscription) => ({
      hub,
      subscription,
      edge: edgesOf(facts).find(({ name }) => equalNames(name, subscription.edge)),
    })),
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
function byEvent(ids: number[]) {
  return (facts: Facts): Evidence[] =>
    pairs(facts).flatMap((pair) => {
      const found = told(pair, ids);
      return found.events.length > 0 ? [evidence(pair, found, [])] : [];
    });
}

function cngDefault(facts: Facts): Evidence[] {
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

function wrongLeaf(facts: Facts): Evidence[] {
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
function oldCache(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair): Evidence[] => {
    const found = told(pair, [10104]);
    if (found.past || pair.edge?.ldaps?.state !== "presents" || mismatch(facts, pair, pair.edge.ldaps) !== "none") return [];
    return [evidence(pair, found, [])];
  });
}

function unreachable(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair) => {
    const { edge } = pair;
    if (edge?.ldaps?.state !== "closed" || !runs(edge, "ADAM_MSExchange")) return [];
    return [evidence(pair, told(pair, [1024]), [`LDAPS of ${edge.name} does not answer: ${edge.ldaps.reason}`])];
  });
}

/** 1024 while AD LDS answers with the right certificate: the account is not the one of the last file. */
function accountRefused(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair) => {
    const found = told(pair, [1024]);
    const answers = pair.edge?.ldaps?.state === "presents" && mismatch(facts, pair, pair.edge.ldaps) === "none";
    if (found.events.length === 0 || !answers) return [];
    const failing = failedSync(syncOf(pair.hub, pair.subscription.edge));
    return [evidence(pair, { ...found, past: found.past || !failing }, [])];
  });
}

function refusedObject(facts: Facts): Evidence[] {
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
function renewal(facts: Facts): Evidence[] {
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
function expired(facts: Facts): Evidence[] {
  return edgesOf(facts).flatMap((edge): Evidence[] => {
    const events = eventsOf(edge, MESSAGE_SECURITY_SOURCE, [1009]);
    if (events.length === 0) return [];
    const over = mailboxesOf(facts).some((hub) => syncedAfter(hub, edge.name, events[0]));
    return [{ host: edge.name, object: edge.name, seen: events.map(eventSentence), past: over }];
  });
}

function failing(facts: Facts): Evidence[] {
  return pairs(facts).flatMap((pair) => {
    const sync = syncOf(pair.hub, pair.subscription.edge);
    return sync && failedSync(sync) ? [evidence(pair, { events: [], past: false }, [])] : [];
  });
}

const event = (source: string, ...ids: number[]): Symptom["signs"][number] => ({ event: { source, ids } });
const RESUBSCRIBE =
  'Subscribe {object} again: New-EdgeSubscription -FileName on the Edge, Restart-Service ADAM_MSExchange -Force with its dependants started again, New-EdgeSubscription -FileData -Site "{site}" in the organisation (EdgeSubscription does all of it, and puts connectors back as they were).';

export const EDGESYNC_SYMPTOMS: Symptom[] = [
  {
    id: "1035",
    signs: [event(EDGESYNC_SOURCE, 1035)],
    severity: "error",
    cause:
      "EdgeSync supports CAPI keys only, and the key of the default certificate {default} of {host} is a CNG key, as certificate templates with custom key settings make them.",
    remedy: [
      'Make a certificate with a CAPI key the default of {host} (key provider "Microsoft RSA SChannel Cryptographic Provider").',
      RESUBSCRIBE,
    ],
    look: cngDefault,
  },
  {
    id: "1032",
    signs: [event(EDGESYNC_SOURCE, 1032)],
    severity: "error",
    cause:
      "{host} has no credential for {object}: it was added to the site after the subscription, the subscription is half done, or its default certificate is missing.",
    remedy: ["If the default certificate of {host} cannot be loaded, mend that first (12013).", RESUBSCRIBE],
    look: byEvent([1032]),
  },
  {
    id: "1033",
    signs: [{ ...event(EDGESYNC_SOURCE, 1033), text: "Bad Data" }],
    severity: "error",
    cause:
      "{host} cannot decrypt its credentials for {object}: its default certificate was replaced (now {default}) and they are still encrypted for the previous key, which was gone, unreadable or of another kind when the default changed.",
    remedy: [
      "If the previous certificate is still there with its key: make it the default again (Enable-ExchangeCertificate <old thumbprint> -Services SMTP -Force on {host}).",
      `Else: ${RESUBSCRIBE}`,
    ],
    look: byEvent([1033]),
  },
  {
    id: "10104",
    signs: [{ ...event(EDGESYNC_SOURCE, 10104, 1024), text: "LDAP server unavailable although LDAPS answers" }],
    severity: "error",
    cause:
      "AD LDS of {object} presents {presented}, and its key is not that of the certificate on the Edge's object in AD ({known}). What LDAPS presents is fixed by the last export and a restart of AD LDS after it: a restart before the export keeps the old certificate, and Enable-ExchangeCertificate never changes it. EdgeSync then calls the LDAP server unavailable although it answers.",
    remedy: [
      "1. On {object}: New-EdgeSubscription -FileName C:\\edge.xml -Force (the export puts the default certificate into AD LDS's own store).",
      "2. On {object}: Restart-Service ADAM_MSExchange -Force, then start MSExchangeEdgeCredential, MSExchangeServiceHost and MSExchangeTransport, which it stopped.",
      '3. On {host}: New-EdgeSubscription -FileData ([IO.File]::ReadAllBytes("C:\\edge.xml")) -Site "{site}" -CreateInternetSendConnector $false -CreateInboundSendConnector $false.',
      "4. Start-EdgeSynchronization -TargetServer {object} -ForceFullSync; EdgeSync may refuse for up to 5 minutes. Delete the file everywhere.",
      "EdgeSubscription does all of it: `pulumi up`.",
    ],
    look: wrongLeaf,
  },
  {
    id: "10104-cache",
    signs: [event(EDGESYNC_SOURCE, 10104)],
    severity: "notice",
    cause:
      "AD LDS of {object} presents the right certificate and EdgeSync of {host} still refuses it: it learns of a new subscription within 5 minutes.",
    remedy: ["Wait 5 minutes and look again. If it stays: Restart-Service MSExchangeEdgeSync on {host}."],
    unless: ["10104"],
    look: oldCache,
  },
  {
    id: "ldaps-closed",
    signs: [{ ...event(EDGESYNC_SOURCE, 1024), text: "LDAPS does not answer" }],
    severity: "error",
    cause: "AD LDS of {object} runs, but port 50636 cannot be reached from the organisation, or its TLS handshake fails.",
    remedy: [
      "Open 50636/TCP from every Mailbox server of the site to {object}, and see that its name resolves there.",
      "If AD LDS has no certificate with a key: export on {object}, then Restart-Service ADAM_MSExchange -Force with its dependants.",
    ],
    look: unreachable,
  },
  {
    id: "1024",
    signs: [event(EDGESYNC_SOURCE, 1024)],
    severity: "error",
    cause:
      "EdgeSync of {host} reaches {object} and cannot log on or take the lease: every export makes earlier files useless, so a file that was not the last one leads here.",
    remedy: [RESUBSCRIBE],
    unless: ["10104", "ldaps-closed"],
    look: accountRefused,
  },
  {
    id: "1025",
    signs: [{ ...event(EDGESYNC_SOURCE, 1025), text: "Start-EdgeSynchronization: Incomplete" }],
    severity: "error",
    cause:
      "AD LDS of {object} refuses a connector whose TlsCertificateName is longer than 256 characters: the whole change of {connector} stays out, the run ends Incomplete, and after 40 minutes the test says Failed.",
    remedy: [
      "Use a certificate with shorter issuer and subject names; or clear the name of {connector} and set its Fqdn instead.",
      "Or raise rangeUpper of ms-Exch-Smtp-TLS-Certificate in the schema of every Edge's AD LDS.",
    ],
    look: refusedObject,
  },
  {
    id: "1004",
    signs: [event(EDGESYNC_SOURCE, 1004), event(MESSAGE_SECURITY_SOURCE, 1003, 1004, 1005, 1006)],
    severity: "warning",
    cause: "The next EdgeSync account (ESRA) is not valid yet or could not be renewed on {host}; accounts last 15 days.",
    remedy: [
      "Usually transient: look again after the next synchronisation, and within 15 days.",
      "If it stays: export on the Edge, restart of AD LDS, import in the organisation (a new subscription makes new accounts).",
    ],
    look: renewal,
  },
  {
    id: "1009",
    signs: [event(MESSAGE_SECURITY_SOURCE, 1009)],
    severity: "error",
    cause: "The subscription file of {object} ran out before the first synchronisation (24 hours by default).",
    remedy: ["Export a new file on {object}, restart AD LDS with its dependants, and import it within its time (EdgeSubscription)."],
    look: expired,
  },
  {
    id: "sync-failed",
    signs: [{ text: "Test-EdgeSynchronization: Failed" }],
    severity: "error",
    cause: "The last synchronisation of {object} by {host} failed or is more than 40 minutes old.",
    remedy: [
      "Start-EdgeSynchronization -TargetServer {object} and read Result and FailureDetails.",
      "Set-EdgeSyncServiceConfig -LogLevel High -LogEnabled $true, and read TransportRoles\\Logs\\EdgeSync.",
    ],
    unless: ["1032", "1033", "1035", "10104", "10104-cache", "ldaps-closed", "1024", "1025", "1009"],
    look: failing,
  },
];
