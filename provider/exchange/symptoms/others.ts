/** What looks like one of these and is none. */
import { eventsOf, eventSentence } from "./state";
import { TRANSPORT_SOURCE, type Symptom } from "./types";

export const OTHER_SYMPTOMS: Symptom[] = [
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
