/** Direct trust between Edge and organisation over SMTP (exchange.md 9, rule 10). */
import type { Facts, HostFact } from "./facts";
import { AUTHENTICATION } from "./replies";
import { edgesOf, eventsOf, eventSentence, mailboxesOf, mentions, queueSentence, queuesWith, syncedAfter } from "./state";
import { TRANSPORT_SOURCE, type Evidence, type Symptom } from "./types";

const MONITOR = "Transport.SmtpSendDirectTrustFailed.Monitor";

/** What the organisation keeps for an Edge, by any host that was asked. */
function published(facts: Facts, edge: HostFact): string | null | undefined {
  return [...mailboxesOf(facts).flatMap(({ subscriptions }) => subscriptions), ...(facts.published ?? [])].find((one) =>
    mentions(one.edge, edge.name),
  )?.thumbprint;
}

function differs(facts: Facts, edge: HostFact): string[] {
  const known = published(facts, edge);
  const current = edge.defaultThumbprint;
  if (!known || !current || known === current) return [];
  return [`The default certificate of ${edge.name} is ${current}; the organisation knows ${known}.`];
}

/** After a synchronisation that went well, without waiting mail and with the same certificate on both sides, the log is history. */
function past(facts: Facts, host: HostFact): boolean {
  const [newest] = eventsOf(host, TRANSPORT_SOURCE, [2018, 1036]);
  const edges = host.role === "Edge" ? [host.name] : edgesOf(facts).map(({ name }) => name);
  const judges = mailboxesOf(facts);
  return newest !== undefined && edges.length > 0 && edges.every((edge) => judges.some((judge) => syncedAfter(judge, edge, newest)));
}

function broken(facts: Facts): Evidence[] {
  const apart = edgesOf(facts).some((edge) => differs(facts, edge).length > 0);
  return facts.hosts.flatMap((host): Evidence[] => {
    const events = eventsOf(host, TRANSPORT_SOURCE, [2018, 1036]);
    const queues = queuesWith(host, AUTHENTICATION).map(queueSentence);
    const state = host.role === "Edge" ? differs(facts, host) : [];
    if (events.length + queues.length + state.length === 0) return [];
    const monitor = host.monitors.includes(MONITOR) ? [`Get-ServerHealth: ${MONITOR} is not Healthy.`] : [];
    const peer =
      host.role === "Edge"
        ? "the organisation"
        : (edgesOf(facts).find((edge) => events.some(({ text }) => mentions(text, edge.fqdn)))?.name ?? "an Edge");
    const over = queues.length + state.length === 0 && !apart && past(facts, host);
    return [{ host: host.name, object: peer, seen: [...state, ...queues, ...events.map(eventSentence), ...monitor], past: over }];
  });
}

export const TRUST_SYMPTOMS: Symptom[] = [
  {
    id: "2018",
    signs: [{ event: { source: TRANSPORT_SOURCE, ids: [2018, 1036] }, text: "454 4.7.0 Temporary authentication failure" }],
    severity: "error",
    cause:
      "Direct trust between {host} and {object} is broken: the internal certificate that one side shows is not the one that the other keeps in AD or AD LDS. The default was replaced without a new subscription, or the change has not been synchronised.",
    remedy: [
      "Mailbox default replaced: Start-EdgeSynchronization -ForceFullSync carries the new certificate to the Edges (EdgeSubscription with organizationThumbprints proves it).",
      "Edge default replaced: subscribe again: export on the Edge, restart of AD LDS with its dependants, import in the organisation (EdgeSubscription with certificateThumbprint).",
      "If the default cannot be loaded (12013, 12023, 12024), mend that first.",
    ],
    look: broken,
  },
];
