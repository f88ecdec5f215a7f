/** The default certificate and what STARTTLS presents: missing, without key, expired, about to (exchange.md 9, 15.3). */
import { isoDay } from "../../base/clock";
import { judge, leftInWords, type Life } from "../lifetimes";
import type { CertificateFact, Facts, HostFact } from "./facts";
import { eventsOf, eventSentence, find, inUse, loadable, thumbprintsIn } from "./state";
import { TRANSPORT_SOURCE, type Clock, type Evidence, type Symptom } from "./types";

const signs = (...ids: number[]): Symptom["signs"] => [{ event: { source: TRANSPORT_SOURCE, ids } }];

function unpublished({ hosts }: Facts): Evidence[] {
  return hosts.flatMap((host) => {
    const events = eventsOf(host, TRANSPORT_SOURCE, [12012]).map(eventSentence);
    const state = loadable(host);
    if (state !== "unpublished" && events.length === 0) return [];
    const seen = state === "unpublished" ? ["Get-TransportService shows no InternalTransportCertificateThumbprint."] : [];
    return [
      { host: host.name, object: "default certificate", seen: [...seen, ...events], past: state !== "unpublished" && state !== "unknown" },
    ];
  });
}

const REASONS = {
  absent: "it is not in the personal store",
  keyless: "it has no private key",
  unreadable: "NETWORK SERVICE may not read its private key",
};

function unloadable({ hosts }: Facts): Evidence[] {
  return hosts.flatMap((host) => {
    const events = eventsOf(host, TRANSPORT_SOURCE, [12013, 12023, 12024]);
    const state = loadable(host);
    const reason = state in REASONS ? REASONS[state as keyof typeof REASONS] : null;
    if (!reason && events.length === 0) return [];
    const thumbprint = host.defaultThumbprint ?? thumbprintsIn(events[0]?.text ?? "")[0] ?? "(unknown)";
    return [
      {
        host: host.name,
        object: thumbprint,
        seen: [...(reason ? [`Default certificate ${thumbprint}: ${reason}.`] : []), ...events.map(eventSentence)],
        past: state === "loadable" || state === "unpublished",
        values: { reason: reason ?? "its key could not be read" },
      },
    ];
  });
}

/** What one certificate of a host is judged by: its event, and the date that was read from it. */
interface Expiry {
  host: HostFact;
  own: CertificateFact | undefined;
  thumbprint: string;
  seen: string[];
  past: boolean;
}

function expiries(
  facts: Facts,
  ids: number[],
  isCurrent: (host: HostFact, thumbprint: string) => boolean,
  current: (host: HostFact) => string[],
): Expiry[] {
  return facts.hosts.flatMap((host) => {
    const events = eventsOf(host, TRANSPORT_SOURCE, ids);
    const thumbprints = new Set([...current(host), ...events.flatMap(({ text }) => thumbprintsIn(text).slice(0, 1))]);
    return [...thumbprints].map((thumbprint) => {
      const told = events.filter(({ text }) => thumbprintsIn(text).includes(thumbprint));
      const own = find(host, thumbprint);
      return { host, own, thumbprint, seen: told.slice(0, 1).map(eventSentence), past: !isCurrent(host, thumbprint) };
    });
  });
}

const defaultOf = (host: HostFact): string[] => (host.defaultThumbprint ? [host.defaultThumbprint] : []);
const isDefault = (host: HostFact, thumbprint: string): boolean =>
  host.defaultThumbprint === undefined || host.defaultThumbprint === thumbprint;
const leafOf = (host: HostFact): string[] => (host.starttls?.state === "presents" ? [host.starttls.thumbprint] : []);
const serves =
  (now: Clock) =>
  (host: HostFact, thumbprint: string): boolean =>
    !host.certificates || inUse(host, thumbprint, now(host));

function lifeOf({ host, own, thumbprint }: Expiry): Life | undefined {
  if (own) return own;
  return host.starttls?.state === "presents" && host.starttls.thumbprint === thumbprint ? host.starttls : undefined;
}
const dateOf = (one: Expiry): Date | undefined => lifeOf(one)?.notAfter;

/** Expired ones; an event counts without a date of our own too. */
function expired(found: Expiry[], now: Clock): Evidence[] {
  return found.flatMap((one) => {
    const end = dateOf(one);
    const over = end !== undefined && end < now(one.host);
    if (!over && one.seen.length === 0) return [];
    const past = one.past || (end !== undefined && !over);
    const seen = [...(over && end ? [`${nameOf(one)} expired on ${isoDay(end)}.`] : []), ...one.seen];
    return [{ host: one.host.name, object: one.thumbprint, seen, past, values: { subject: one.own?.subject ?? one.thumbprint } }];
  });
}

/**
 * Yellow is a notice, red a warning. Exchange tells of every certificate with less than 90 days left, so always of one that lives for 47:
 * its events count only where our own judgement is yellow, or where it is not known which certificate is meant.
 */
function expiring(found: Expiry[], now: Clock): Evidence[] {
  return found.flatMap((one) => {
    const life = lifeOf(one);
    const end = life?.notAfter;
    const light = life && judge(life, now(one.host));
    const soon = light === "yellow" || light === "red";
    if (light === "green" || (!soon && one.seen.length === 0)) return [];
    const left = soon && end ? [`${nameOf(one)} expires on ${isoDay(end)}, ${leftInWords(end, now(one.host))} left.`] : [];
    const seen = [...left, ...one.seen];
    const severity = light === "yellow" ? ("notice" as const) : ("warning" as const);
    return [
      {
        host: one.host.name,
        object: one.thumbprint,
        seen,
        severity,
        past: one.past || !soon,
        values: { subject: one.own?.subject ?? one.thumbprint },
      },
    ];
  });
}

const nameOf = ({ own, thumbprint }: Expiry): string => (own ? `${own.subject} (${thumbprint})` : thumbprint);

function peers(facts: Facts): Evidence[] {
  return facts.hosts.flatMap((host) =>
    eventsOf(host, TRANSPORT_SOURCE, [12019, 12020]).map((event) => {
      const [thumbprint = "(unknown)"] = thumbprintsIn(event.text);
      const peer = facts.hosts.find((other) => other !== host && other.defaultThumbprint === thumbprint);
      const unknown = facts.hosts.some((other) => other !== host && other.defaultThumbprint === undefined);
      const others = facts.hosts.length > 1 && !unknown;
      const severity = event.id === 12020 ? ("notice" as const) : ("warning" as const);
      return {
        host: host.name,
        object: thumbprint,
        seen: [eventSentence(event)],
        severity,
        past: !peer && others,
        values: { peer: peer?.name ?? "the peer" },
      };
    }),
  );
}

const ROTATE = [
  "Plan the rotation: declare the new certificate and run `pulumi preview`, then `pulumi up` (EdgeTransport on an Edge, ServerCertificate on a Mailbox server).",
];
const DEFAULT_OF_EDGE =
  "By hand on an Edge: import, Enable-ExchangeCertificate -Services SMTP with a Yes to the question, then a new subscription: export on the Edge, restart of AD LDS, import; last transport.";

export const CERTIFICATE_SYMPTOMS: Symptom[] = [
  {
    id: "12012",
    signs: signs(12012),
    severity: "error",
    cause:
      "The internal transport certificate of {host} is not published in the directory (msExchServerInternalTLSCert): other servers cannot know it.",
    remedy: [
      "On {host}: Enable-ExchangeCertificate <thumbprint> -Services SMTP for the certificate that shall be the default; with no default stored it is written without a question.",
      "On a Mailbox server wait for AD replication; on an Edge subscribe again.",
    ],
    look: unpublished,
  },
  {
    id: "12013",
    signs: signs(12013, 12023, 12024),
    severity: "error",
    cause:
      "Transport of {host} cannot load its default certificate {object}: {reason}. It takes another one for the server's name (12023) or an ephemeral self-signed one (12024) meanwhile; neither is known to the other side, so direct trust and EdgeSync fail.",
    remedy: [
      "Still in the store: Enable-ExchangeCertificate {object} -Services SMTP on {host} gives transport its key back.",
      "Gone: restore it with its key, or make a new default (New-ExchangeCertificate, or a Certificate resource).",
      "With a new default on either side subscribe the Edge again: export on the Edge, restart of AD LDS, import in the organisation.",
    ],
    look: unloadable,
  },
  {
    id: "12016",
    signs: signs(12016),
    severity: "error",
    cause:
      "The certificate that {host} presents for STARTTLS, {subject}, has expired. Peers that validate it refuse the session; transport offers it all the same.",
    remedy: ["Install a valid certificate with the same name and enable it for SMTP; the next session takes it.", ...ROTATE],
    joins: {
      family: "presented-expired",
      cause: "{subject} has expired",
      use: "presented for STARTTLS by {hosts}, and peers that validate it refuse the session; transport offers it all the same",
    },
    look: (facts, now) => expired(expiries(facts, [12016], serves(now), leafOf), now),
  },
  {
    id: "12015",
    signs: signs(12015),
    severity: "warning",
    cause:
      "The default (internal transport) certificate of {host}, {subject}, has expired. Mail between Edge and organisation and EdgeSync go on: direct trust asks for no date.",
    remedy: [...ROTATE, DEFAULT_OF_EDGE],
    joins: {
      family: "default-expired",
      cause: "{subject} has expired",
      use: "the default (internal transport) certificate of {hosts}; mail between Edge and organisation and EdgeSync go on, because direct trust asks for no date",
    },
    look: (facts, now) => expired(expiries(facts, [12015], isDefault, defaultOf), now),
  },
  {
    id: "12018",
    signs: signs(12018),
    severity: "warning",
    cause: "The certificate that {host} presents for STARTTLS, {subject}, is about to expire.",
    remedy: ROTATE,
    joins: { family: "expiring", cause: "{subject} is about to expire", use: "presented for STARTTLS by {hosts}" },
    look: (facts, now) => expiring(expiries(facts, [12018], serves(now), leafOf), now),
  },
  {
    id: "12017",
    signs: signs(12017),
    severity: "warning",
    cause: "The default (internal transport) certificate of {host}, {subject}, is about to expire.",
    remedy: [...ROTATE, DEFAULT_OF_EDGE],
    joins: { family: "expiring", cause: "{subject} is about to expire", use: "the default (internal transport) certificate of {hosts}" },
    look: (facts, now) => expiring(expiries(facts, [12017], isDefault, defaultOf), now),
  },
  {
    id: "12019",
    signs: signs(12019, 12020),
    severity: "warning",
    cause: "{peer} shows {host} an internal certificate that has expired or is about to; mail goes on.",
    remedy: ["Rotate the default certificate on {peer}."],
    look: peers,
  },
];
