/** Connectors whose name leads to no certificate, to one without a key, or to two (exchange.md 7.3, 9, 15.3). */
import type { CertificateFact, Facts, HostFact, ReceiveConnectorFact, SendConnectorFact } from "./facts";
import { NAME_NOT_FOUND, NO_CHANNEL, OWN_SIDE_ABORTS } from "./replies";
import {
  actingConnectors,
  carrying,
  covers,
  eventsOf,
  eventSentence,
  mentions,
  namedConnectors,
  passedOver,
  queueSentence,
  queuesWith,
} from "./state";
import { AVAILABILITY_SOURCE, TRANSPORT_SOURCE, type Clock, type Evidence, type Symptom } from "./types";

const MISMATCH_MONITOR = "Transport.ServerCertMismatch.Monitor";
const TLS_MONITOR = "Transport.SendConnTLS.Monitor";

type Connector = SendConnectorFact | ReceiveConnectorFact;
const monitor = (host: HostFact, name: string): string[] =>
  host.monitors.includes(name) ? [`Get-ServerHealth: ${name} is not Healthy.`] : [];

/** 12014 with a name, 454 4.7.5, ManagedAvailability 4: no valid certificate carries the connector's TlsCertificateName. */
function nameNotFound({ hosts }: Facts, now: Clock): Evidence[] {
  return hosts.flatMap((host) => {
    if (!host.certificates) return [];
    const named = namedConnectors(host);
    const missing = named.filter((one) => usable(host, one, now).length === 0);
    const told = eventsOf(host, TRANSPORT_SOURCE, [12014]).filter(({ text }) => /<[IS]>/i.test(text));
    const availability = eventsOf(host, AVAILABILITY_SOURCE, [4]).filter(({ text }) => /<[IS]>/i.test(text));
    const events = [...told, ...availability];
    const queues = queuesWith(host, NAME_NOT_FOUND).map(queueSentence);
    const present = missing.map((one) => ({
      host: host.name,
      object: one.name,
      seen: [
        `${one.name} names ${one.tlsCertificateName}: ${reasonOf(host, one, now)}.`,
        ...events.filter(({ text }) => mentions(text, one.name)).map(eventSentence),
        ...queues,
        ...monitor(host, MISMATCH_MONITOR),
      ],
      values: { name: one.tlsCertificateName },
    }));
    const others = events.filter(({ text }) => !missing.some((one) => mentions(text, one.name)));
    const past = others.map((event) => {
      const one = named.find(({ name }) => mentions(event.text, name));
      return {
        host: host.name,
        object: one?.name ?? "a connector",
        seen: [eventSentence(event)],
        past: true,
        values: { name: one?.tlsCertificateName ?? "a name" },
      };
    });
    return [...present, ...past];
  });
}

function usable(host: HostFact, connector: Connector, now: Clock): CertificateFact[] {
  return carrying(host, connector.tlsCertificateName).filter((one) => passedOver(one, now(host)) === null);
}

function reasonOf(host: HostFact, connector: Connector, now: Clock): string {
  const all = carrying(host, connector.tlsCertificateName);
  if (all.length === 0) return `no certificate on ${host.name} carries it`;
  return all.map((one) => `${one.thumbprint} is passed over (${passedOver(one, now(host))})`).join(", ");
}

/** 12014 with a host name; seen from outside as 450 4.4.317 … STARTTLS is required. */
function notOffered({ hosts }: Facts): Evidence[] {
  return hosts.flatMap((host) => {
    const events = eventsOf(host, TRANSPORT_SOURCE, [12014]).filter(({ text }) => !/<[IS]>/i.test(text));
    const shut = host.starttls?.state === "withoutTls";
    const doors = (host.receiveConnectors ?? []).filter((one) => one.enabled && one.onPort25 && one.tlsCertificateName === "");
    const nameless = [...doors, ...actingConnectors(host).filter((one) => one.tlsCertificateName === "")];
    const evidence = nameless.flatMap((one) => {
      const own = events.filter(({ text }) => mentions(text, one.name));
      const isDoor = "onPort25" in one;
      const lacking =
        host.certificates !== null && !host.certificates.some((item) => item.networkService && covers(item, one.fqdn ?? host.fqdn));
      if (own.length === 0 && !(shut && isDoor && lacking)) return [];
      const door = shut && isDoor ? [`Port 25 of ${host.name} offers no STARTTLS.`] : [];
      const present = isDoor && host.starttls ? shut : lacking;
      return [
        {
          host: host.name,
          object: one.name,
          seen: [...door, ...own.map(eventSentence)],
          past: !present,
          values: { fqdn: one.fqdn ?? host.fqdn },
        },
      ];
    });
    if (shut && !evidence.some(({ past }) => !past) && !namedDoor(host))
      evidence.push({
        host: host.name,
        object: "port 25",
        seen: [`Port 25 of ${host.name} offers no STARTTLS.`],
        past: false,
        values: { fqdn: host.fqdn },
      });
    return evidence;
  });
}

/** A door whose connector has a TlsCertificateName is the other symptom's. */
const namedDoor = (host: HostFact): boolean =>
  (host.receiveConnectors ?? []).some((one) => one.enabled && one.onPort25 && one.tlsCertificateName !== "");

/** 451 4.4.395: our own side ends the handshake. */
function ownSideAborts({ hosts }: Facts, now: Clock): Evidence[] {
  return hosts.flatMap((host) => {
    const queues = queuesWith(host, OWN_SIDE_ABORTS).map(queueSentence);
    return namedConnectors(host).flatMap((one): Evidence[] => {
      const found = usable(host, one, now);
      const keyless = found.filter((item) => !item.hasPrivateKey || !item.networkService);
      const doubled = found.length > 1;
      if (keyless.length === 0 && !doubled) return [];
      const seen = [
        ...keyless.map((item) => `${one.name} names ${item.thumbprint}, whose private key transport cannot read.`),
        ...(doubled ? [`${one.name} names ${found.length} certificates at once: ${found.map((item) => item.thumbprint).join(", ")}.`] : []),
        ...queues,
        ...(queues.length > 0 ? monitor(host, TLS_MONITOR) : []),
      ];
      // Two good ones are the middle of every renewal and do no harm by themselves.
      const severity = queues.length > 0 || keyless.length > 0 ? ("error" as const) : ("notice" as const);
      return [{ host: host.name, object: one.name, seen, severity, values: { thumbprint: (keyless[0] ?? found[0]).thumbprint } }];
    });
  });
}

/** 2004 and 454 4.7.0 … UntrustedRoot. */
function untrustedRoot({ hosts }: Facts): Evidence[] {
  return hosts.flatMap((host): Evidence[] => {
    const queues = queuesWith(host, NO_CHANNEL).map(queueSentence);
    const events = eventsOf(host, TRANSPORT_SOURCE, [2004]).filter(({ text }) => NO_CHANNEL.test(text));
    if (queues.length + events.length === 0) return [];
    const untrusted = (host.certificates ?? []).filter((one) => one.networkService && one.status === "Untrusted");
    const competitors = competitorsOf(host);
    const seen = [
      ...queues,
      ...events.map(eventSentence),
      ...untrusted.map((one) => `${one.thumbprint} (${one.subject}) is Untrusted and enabled for SMTP.`),
      ...competitors.map(
        ({ one, name }) => `${one.thumbprint} (${one.subject}, of ${one.issuer}) is enabled for SMTP and carries ${name}.`,
      ),
    ];
    const suspects = [...untrusted, ...competitors.map(({ one }) => one)];
    const past = queues.length === 0 && host.certificates !== null && suspects.length === 0;
    return [{ host: host.name, object: suspects[0]?.thumbprint ?? "STARTTLS", seen, past }];
  });
}

/** Certificates of different issuers for one send connector that names none, in the order in which transport takes them (15.3). */
function competitorsOf(host: HostFact): { one: CertificateFact; name: string }[] {
  const names = actingConnectors(host).flatMap(({ tlsCertificateName, fqdn }) => (tlsCertificateName === "" ? [fqdn ?? host.fqdn] : []));
  return [...new Set(names)].flatMap((name) => {
    const found = (host.certificates ?? []).filter((one) => one.networkService && !one.selfSigned && covers(one, name));
    if (new Set(found.map(({ issuer }) => issuer)).size < 2) return [];
    return found.sort((a, b) => b.notBefore.getTime() - a.notBefore.getTime()).map((one) => ({ one, name }));
  });
}

export const NAME_SYMPTOMS: Symptom[] = [
  {
    id: "454-4.7.5",
    signs: [
      { event: { source: TRANSPORT_SOURCE, ids: [12014] }, text: "454 4.7.5" },
      { event: { source: AVAILABILITY_SOURCE, ids: [4] }, text: MISMATCH_MONITOR },
    ],
    severity: "error",
    cause:
      "{object} names {name}, and {host} has no valid certificate with this issuer and subject. There is no fall-back to the FQDN: no session, mail waits in Retry. It happens when the CA's issuing certificate changed, or the old certificate was removed or expired.",
    remedy: [
      "Install the certificate on every source server of the connector and enable it for SMTP, with its chain (Status Untrusted: import the CA's certificates).",
      'Or set the connector\'s name to the certificate that is there: $c = Get-ExchangeCertificate <thumbprint>; Set-SendConnector "{object}" -TlsCertificateName "<I>$($c.Issuer)<S>$($c.Subject)" in the organisation (SendConnectorTls, ReceiveConnectorTls).',
      "Start-EdgeSynchronization, then restart MSExchangeTransport on the source servers: it counts by itself within 5 minutes, a restart makes it certain at once.",
    ],
    look: nameNotFound,
  },
  {
    id: "12014",
    signs: [{ event: { source: TRANSPORT_SOURCE, ids: [12014] }, text: "450 4.4.317" }],
    severity: "error",
    cause:
      'No certificate on {host} that transport can use carries {fqdn}, the name of "{object}": STARTTLS is off there. Exchange Online reports it as 450 4.4.317 … 451 5.7.3 STARTTLS is required to send mail.',
    remedy: [
      "Install a certificate with {fqdn} among its names and enable it for SMTP on {host} (Enable-ExchangeCertificate <thumbprint> -Services SMTP).",
      "Or correct the connector: its Fqdn to a name that the certificate carries, or its TlsCertificateName (ReceiveConnectorTls).",
    ],
    look: notOffered,
  },
  {
    id: "451-4.4.395",
    signs: [{ text: "451 4.4.395" }],
    severity: "error",
    cause:
      'Transport of {host} ends its own TLS sessions over "{object}": the certificate that the name leads to has no key that transport can read, or two certificates carry the name.',
    remedy: [
      "Without key access: Enable-ExchangeCertificate {thumbprint} -Services SMTP on {host} (an imported certificate is chosen at once, enabled or not).",
      "Two with the same name: remove the old one (a Certificate resource that is replaced does so in its drained window).",
      "Restart MSExchangeTransport on {host}.",
    ],
    look: ownSideAborts,
  },
  {
    id: "2004",
    signs: [{ event: { source: TRANSPORT_SOURCE, ids: [2004] }, text: "454 4.7.0 … UntrustedRoot" }],
    severity: "error",
    cause: "{host} presents a second certificate for SMTP whose CA the peer does not trust.",
    remedy: [
      "Give the two certificates different names, or remove the one that the peer does not trust.",
      "Where it is the right one: install its CA on the peer.",
    ],
    look: untrustedRoot,
  },
];
