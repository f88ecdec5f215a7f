/** What looks like one of these and is none. */
import type { Facts } from "./facts";
import { edgesOf, eventsOf, eventSentence, mailboxesOf } from "./state";
import { TRANSPORT_SOURCE, type Evidence, type Symptom } from "./types";

/** Port 25 of a host whose transport runs; a transport that does not run is told as a service. */
function shut({ hosts }: Facts): Evidence[] {
  return hosts.flatMap(({ name, starttls }) =>
    starttls?.state === "closed" ? [{ host: name, object: "port 25", seen: [`Port 25 of ${name}: ${starttls.reason}`] }] : [],
  );
}

/** Half a look: what AD holds for the Edge, EdgeSync and direct trust cannot be judged from the Edge alone. */
function alone(facts: Facts): Evidence[] {
  if (mailboxesOf(facts).length > 0) return [];
  return edgesOf(facts).map(({ name, ldaps, defaultThumbprint }) => {
    const leaf = ldaps?.state === "presents" ? ldaps.thumbprint : "nothing";
    return {
      host: name,
      object: name,
      seen: [`LDAPS presents ${leaf}; the default is ${defaultThumbprint ?? "not known"}; no Mailbox server was asked.`],
    };
  });
}

/** Still in the store: what somebody has taken out meanwhile is owed no more. */
function owed({ hosts }: Facts): Evidence[] {
  return hosts.flatMap(({ name, certificates, leftovers = [] }) =>
    leftovers
      .filter(({ thumbprint }) => !certificates || certificates.some((one) => one.thumbprint === thumbprint))
      .map(({ thumbprint, since, why }) => ({
        host: name,
        object: thumbprint,
        seen: [`It was replaced on ${since.slice(0, 10)}, and its removal was refused: ${why}.`],
        values: { why },
      })),
  );
}

export const OTHER_SYMPTOMS: Symptom[] = [
  {
    id: "replaced-stays",
    signs: [{ text: "leftovers in the working folder" }],
    severity: "notice",
    cause: "A renewal has replaced {object} on {host}, and it is still installed with its key: {why}.",
    remedy: [
      "End what it hangs on; the next renewal on {host} then takes it out.",
      "At once: Remove-ExchangeCertificate {object} on {host}, where no send connector has its name.",
    ],
    look: owed,
  },
  {
    id: "smtp-closed",
    signs: [{ text: "Port 25 does not answer" }],
    severity: "error",
    cause:
      "Transport of {host} runs, and port 25 does not answer as a mail server: no receive connector listens there, the TLS handshake fails, or something stands before it.",
    remedy: [
      "Get-ReceiveConnector on {host}: Enabled, and Bindings with port 25; Get-ServerComponentState {host}: no component Inactive or Draining.",
      "A handshake that fails: see what else was found for the certificate, then restart MSExchangeTransport.",
    ],
    look: shut,
  },
  {
    id: "organisation-not-named",
    signs: [{ text: "hosts file" }],
    severity: "notice",
    cause:
      "No Mailbox server was looked at: the subscription of {host}, EdgeSync and the organisation's side of direct trust are not judged.",
    remedy: ["Name a Mailbox server of the Edge's site in the hosts file too."],
    look: alone,
  },
  {
    id: "transport-1035",
    signs: [{ event: { source: TRANSPORT_SOURCE, ids: [1035] } }],
    severity: "notice",
    cause:
      "Somebody failed to log on at SMTP on {host}. This has nothing to do with certificates; event 1035 of MSExchange EdgeSync is another one.",
    remedy: ["See the address in the event: a device with an old password, or somebody guessing."],
    look: ({ hosts }) =>
      hosts.flatMap((host) => {
        const events = eventsOf(host, TRANSPORT_SOURCE, [1035]);
        return events.length > 0 ? [{ host: host.name, object: "SMTP logon", seen: events.slice(0, 3).map(eventSentence) }] : [];
      }),
  },
];
