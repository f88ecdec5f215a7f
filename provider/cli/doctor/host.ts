/** One host: services first, then what the running ones can answer. */
import { ExchangeError, isExchangeError } from "../../base/errors";
import { defaultThumbprint, inspectCertificate, listCertificates } from "../../exchange/certificates";
import { listSendConnectors, sourcesOf, tlsNameOf } from "../../exchange/sendConnectors";
import { belongsTo } from "../../exchange/receiveConnectors";
import { list, SLOW_CALL_MS, text } from "../../exchange/shell";
import type { CertificateFact, HostFact, QueueFact, ReceiveConnectorFact, SendConnectorFact } from "../../exchange/symptoms";
import { runs } from "../../exchange/symptoms/state";
import { ADLDS, TRANSPORT } from "../../exchange/transport";
import { ofServer, type DirectoryView } from "../../directory";
import type { HostSession } from "../../remote/sessions";
import { readLeftovers } from "../../rotation/leftovers";
import { atWork, openWork } from "../../rotation/openWork";
import { allWindows } from "../../rotation/siteWindow";
import { readKnownEvents } from "../events";
import { lookAtSubscriptions } from "./subscriptions";

const SERVICES = {
  Edge: [ADLDS, TRANSPORT, "MSExchangeEdgeCredential", "MSExchangeServiceHost"],
  Mailbox: [TRANSPORT, "MSExchangeFrontEndTransport", "MSExchangeEdgeSync", "MSExchangeServiceHost"],
};

/** Runs one part of a look; undefined when it failed, which is noted. */
export type Attempt = <T>(work: () => Promise<T>) => Promise<T | undefined>;

/**
 * Everything that the host tells by itself. A part that fails does not keep the others from being read: a broken server's
 * cmdlets often fail. @throws ROLE_MISMATCH, SERVICE_FAILED
 */
export async function lookAtHost(session: HostSession, hours: number, attempt: Attempt, view: DirectoryView | null): Promise<HostFact> {
  const { name, fqdn, role, utc } = await session.request("hello", {});
  if (role === "None") throw new ExchangeError("ROLE_MISMATCH", `${name} has no Exchange role that this package manages.`, { host: name });
  const clock = new Date(utc);
  const services = await Promise.all(SERVICES[role].map((service) => session.request("service.status", { name: service })));
  const fact: HostFact = { ...nothing(), name, fqdn, role, clock, services };
  fact.events = (await attempt(() => readKnownEvents(session, new Date(clock.getTime() - hours * 3_600_000)))) ?? [];
  // An Edge keeps its configuration in AD LDS: without it the cmdlets have nothing to read.
  if (role === "Mailbox" || runs(fact, ADLDS)) await lookAtConfiguration(session, fact, attempt, view);
  const queueing = services.some((one) => one.name === TRANSPORT && /^(Running|Paused)$/.test(one.status));
  if (queueing) fact.queues = (await attempt(() => queues(session))) ?? null;
  if (role === "Mailbox") Object.assign(fact, await attempt(() => lookAtSubscriptions(session, view)));
  await Promise.all([lookAtWork(session, fact, attempt), attempt(async () => (fact.leftovers = await readLeftovers(session)))]);
  return fact;
}

/** What is open: no lease is taken for it. */
async function lookAtWork(session: HostSession, fact: HostFact, attempt: Attempt): Promise<void> {
  if (fact.role === "Mailbox") fact.windows = await attempt(() => allWindows(session));
  else [fact.rotation, fact.worker] = await Promise.all([attempt(() => openWork(session)), attempt(() => atWork(session, fact.clock))]);
}

async function lookAtConfiguration(session: HostSession, fact: HostFact, attempt: Attempt, view: DirectoryView | null): Promise<void> {
  if (runs(fact, "MSExchangeServiceHost")) fact.certificates = (await attempt(() => certificates(session))) ?? null;
  fact.defaultThumbprint = (view && ofServer(view, fact.fqdn)?.thumbprint) ?? (await attempt(() => defaultThumbprint(session)));
  fact.sendConnectors = (await attempt(() => sendConnectors(session, view))) ?? null;
  fact.receiveConnectors = (await attempt(() => receiveConnectors(session))) ?? null;
  fact.monitors = (await attempt(() => monitors(session))) ?? [];
}

function nothing(): Omit<HostFact, "name" | "fqdn" | "role" | "clock" | "services"> {
  return {
    events: [],
    certificates: null,
    defaultThumbprint: undefined,
    sendConnectors: null,
    receiveConnectors: null,
    queues: null,
    monitors: [],
    starttls: null,
    ldaps: null,
    subscriptions: [],
    syncs: [],
  };
}

async function certificates(session: HostSession): Promise<CertificateFact[]> {
  const all = await listCertificates(session);
  const pending = all.filter(({ status }) => status !== "PendingRequest");
  return Promise.all(
    pending.map(async (one) => {
      const inspected = await inspectCertificate(session, one.thumbprint);
      const { thumbprint, subject, issuer, tlsCertificateName, domainNames, notBefore, notAfter, selfSigned, publicKeySha256, status } =
        one;
      return {
        ...{ thumbprint, subject, issuer, tlsCertificateName, domainNames, notBefore, notAfter, selfSigned, publicKeySha256, status },
        hasPrivateKey: inspected.hasPrivateKey ?? one.hasPrivateKey,
        networkService: inspected.networkService ?? one.services?.includes("SMTP") ?? false,
        keyProvider: inspected.keyProvider ?? "unknown",
      };
    }),
  );
}

async function sendConnectors(session: HostSession, view: DirectoryView | null): Promise<SendConnectorFact[]> {
  return (view?.sendConnectors.map(({ bag }) => bag) ?? (await listSendConnectors(session))).map((bag) => ({
    name: text(bag.Name),
    fqdn: text(bag.Fqdn) || null,
    tlsCertificateName: tlsNameOf(bag),
    sources: sourcesOf(bag),
    enabled: bag.Enabled !== false,
  }));
}

async function receiveConnectors(session: HostSession): Promise<ReceiveConnectorFact[]> {
  const select = ["Name", "Identity", "Fqdn", "TlsCertificateName", "Enabled", "Bindings"];
  const { objects } = await session.invoke("Get-ReceiveConnector", {}, select);
  return objects
    .filter((one) => belongsTo(text(one.Identity), session.facts.name))
    .map((one) => ({
      name: text(one.Name),
      fqdn: text(one.Fqdn) || null,
      tlsCertificateName: text(one.TlsCertificateName),
      enabled: one.Enabled !== false,
      onPort25: list(one.Bindings).some((binding) => binding.endsWith(":25")),
    }));
}

async function queues(session: HostSession): Promise<QueueFact[]> {
  const select = ["Identity", "Status", "MessageCount", "NextHopDomain", "LastError"];
  const { objects } = await session.invoke("Get-Queue", {}, select);
  return objects.map((one) => ({
    identity: text(one.Identity),
    status: text(one.Status),
    count: Number(one.MessageCount ?? 0),
    nextHop: text(one.NextHopDomain),
    lastError: text(one.LastError),
  }));
}

/** Managed Availability only confirms what other signs show: where it cannot answer, the look goes on without it. */
async function monitors(session: HostSession): Promise<string[]> {
  const options = { timeoutMs: SLOW_CALL_MS };
  const { objects } = await session
    .invoke("Get-ServerHealth", { Identity: session.facts.name }, ["Name", "AlertValue"], options)
    .catch((error: unknown) => {
      if (isExchangeError(error, "CMDLET_FAILED")) return { objects: [] };
      throw error;
    });
  return objects.filter((one) => /^(Degraded|Unhealthy)$/i.test(text(one.AlertValue))).map((one) => text(one.Name));
}
