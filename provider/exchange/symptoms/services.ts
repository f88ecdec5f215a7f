/** Services that do not run: whatever else is wrong then may follow from it (exchange.md 5.1, 15.10). */
import { edgesOf, mailboxesOf } from "./state";
import type { Facts, HostFact } from "./facts";
import type { Evidence, Symptom } from "./types";

const TRANSPORT = "MSExchangeTransport";

/** Which tell what is stopped, and why. */
const OF_A_ROTATION = ["rotation-left-open", "rotation-at-work"];

/** EdgeSync may rest where nothing is subscribed. */
function expected(host: HostFact, service: string): boolean {
  return service !== "MSExchangeEdgeSync" || host.subscriptions.length > 0;
}

function stopped(facts: Facts): Evidence[] {
  return [...edgesOf(facts), ...mailboxesOf(facts)].flatMap((host) =>
    host.services
      .filter(({ name, status }) => status !== "Running" && !(name === TRANSPORT && status === "Paused") && expected(host, name))
      .map(({ name, status, startType }) => ({
        host: host.name,
        object: name,
        seen: [`Service ${name} is ${status} (start type ${startType}).`],
        values: { status },
      })),
  );
}

function paused(facts: Facts): Evidence[] {
  return facts.hosts
    .filter((host) => host.services.some(({ name, status }) => name === TRANSPORT && status === "Paused"))
    .map((host) => ({ host: host.name, object: TRANSPORT, seen: [`Service ${TRANSPORT} is Paused.`] }));
}

export const SERVICE_SYMPTOMS: Symptom[] = [
  {
    id: "service-not-running",
    signs: [{ text: "Get-Service" }],
    severity: "error",
    cause:
      "{object} is {status}. On an Edge everything depends on ADAM_MSExchange: whoever restarts AD LDS must start transport, the credential service and the service host again. Without MSExchangeServiceHost every certificate cmdlet fails, without MSExchangeEdgeSync nothing is synchronised.",
    remedy: [
      "If a rotation of {host} has not ended: `pulumi up`, or `npx pulumi-exchange resume {host}`.",
      "Else on {host}: Start-Service {object}, and look at the System log for why it stopped.",
    ],
    unless: OF_A_ROTATION,
    look: stopped,
  },
  {
    id: "transport-paused",
    signs: [{ text: "Get-Service" }],
    severity: "warning",
    cause: "Transport of {host} is paused: it empties its queues and takes no new mail, as in the drain of a rotation that has not ended.",
    remedy: [
      "`pulumi up` finishes the rotation; `npx pulumi-exchange resume {host}` takes the Edge back into service without it.",
      "Paused by hand: Resume-Service MSExchangeTransport on {host}.",
    ],
    unless: OF_A_ROTATION,
    look: paused,
  },
];
