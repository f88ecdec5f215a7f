/** One server as it stands: everything that it tells about itself. Only Get- and Test- cmdlets, services, stores, events and files are read. */
import type { CopiedServer } from "../../../lab/model/copySchema";
import { belongsTo } from "../../exchange/receiveConnectors";
import { SLOW_CALL_MS, text } from "../../exchange/shell";
import { readSerialisedCertificate } from "../../pki";
import { SERVICES } from "../../remote/protocol";
import type { HostSession } from "../../remote/sessions";
import { readKnownEvents } from "../events";
import { readFiles } from "./files";
import { ACCEPTED_DOMAIN, QUEUE, RECEIVE_CONNECTOR, REMOTE_DOMAIN, SEND_CONNECTOR, SYNCHRONISATION } from "./properties";
import type { Reading } from "./reading";
import { readStore } from "./store";

type Bag = { [property: string]: unknown };

/** @param hours how far back the log is read */
export async function lookAtServer(session: HostSession, hours: number, reading: Reading): Promise<CopiedServer> {
  const before = Date.now();
  const facts = await session.request("hello", {});
  const { name, role, boot, fence } = facts;
  const attempt = <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => reading.attempt(name, what, work);
  const list = (cmdlet: string, select: string[], parameters = {}): Promise<Bag[] | undefined> =>
    attempt(cmdlet, async () => (await session.invoke<Bag>(cmdlet, parameters, select, { timeoutMs: SLOW_CALL_MS })).objects);
  const services = await readServices(session);
  const since = new Date(new Date(facts.utc).getTime() - hours * 3_600_000);
  const edge = role === "Edge";
  const store = await attempt("Get-ExchangeCertificate", () => readStore(session, reading));
  const running = services.MSExchangeTransport?.status !== "Stopped";
  return {
    boot,
    fence,
    skewSeconds: skew(new Date(facts.utc).getTime() - (before + Date.now()) / 2),
    ...(store ?? { store: [], requests: [], issuers: [], roots: {} }),
    default: (await attempt("the default certificate", () => defaultOf(session, reading))) ?? null,
    services,
    httpSys: edge ? [] : ((await attempt("http.sys", async () => (await session.request("httpsys.bindings", {})).thumbprints)) ?? []),
    components: (await attempt("Get-ServerComponentState", () => components(session))) ?? {},
    receiveConnectors: ((await list("Get-ReceiveConnector", RECEIVE_CONNECTOR)) ?? []).filter(({ Identity }) =>
      belongsTo(text(Identity), name),
    ),
    sendConnectors: edge ? ((await list("Get-SendConnector", SEND_CONNECTOR)) ?? []) : [],
    acceptedDomains: edge ? ((await list("Get-AcceptedDomain", ACCEPTED_DOMAIN)) ?? []) : [],
    remoteDomains: edge ? ((await list("Get-RemoteDomain", REMOTE_DOMAIN)) ?? []) : [],
    starttls: null,
    ldaps: null,
    synchronisation: edge ? [] : await synchronisation(list),
    queues: running ? ((await list("Get-Queue", QUEUE)) ?? []) : [],
    monitors: (await attempt("Get-ServerHealth", () => monitors(session))) ?? {},
    events: (await attempt("the event log", () => readKnownEvents(session, since))) ?? [],
    files: (await attempt("the working folder", () => readFiles(session))) ?? [],
  };
}

/** Seconds worth telling: less is the time that the answer took. */
const skew = (ms: number): number => (Math.abs(ms) < 10_000 ? 0 : Math.round(ms / 1000));

async function readServices(session: HostSession): Promise<CopiedServer["services"]> {
  const found: CopiedServer["services"] = {};
  for (const name of SERVICES) {
    // A role lacks some of them.
    const info = await session.request("service.status", { name }).catch(() => null);
    if (!info) continue;
    const status = info.status === "Paused" || info.status === "Running" ? info.status : "Stopped";
    found[info.name] = { status, startType: info.startType };
  }
  return found;
}

/** From the server's object, where the directory can be read; else by its thumbprint. */
async function defaultOf(session: HostSession, reading: Reading): Promise<string | null> {
  const blob = await session.request("directory.internalCertificate", {}).catch(() => null);
  if (blob?.blob) return reading.seen(readSerialisedCertificate(Buffer.from(blob.blob, "base64")));
  const select = ["Name", "InternalTransportCertificateThumbprint"];
  const { objects } = await session.invoke("Get-TransportService", { Identity: session.facts.name }, select);
  const shown = text(objects[0]?.InternalTransportCertificateThumbprint).toUpperCase();
  if (shown === "" || reading.certificates.has(shown)) return shown || null;
  reading.note(session.facts.name, "the default certificate", `${shown} is in no store of the server, and its object cannot be read`);
  return null;
}

async function components(session: HostSession): Promise<{ [component: string]: string }> {
  const { objects } = await session.invoke("Get-ServerComponentState", { Identity: session.facts.name }, ["Component", "State"]);
  const states = objects.map(({ Component, State }) => [text(Component), text(State)] as const);
  return Object.fromEntries(states.filter(([, state]) => state !== "Active"));
}

/** The full comparison tells whether an Edge knows the Mailbox servers' certificates; recipients are left out of it. */
async function synchronisation(
  list: (cmdlet: string, select: string[], parameters?: object) => Promise<Bag[] | undefined>,
): Promise<Bag[]> {
  const found = await list("Test-EdgeSynchronization", SYNCHRONISATION, { FullCompareMode: true, ExcludeRecipientTest: true });
  return (found ?? []).filter(({ Name }) => text(Name) !== "");
}

async function monitors(session: HostSession): Promise<{ [name: string]: string }> {
  const options = { timeoutMs: SLOW_CALL_MS };
  const { objects } = await session.invoke("Get-ServerHealth", { Identity: session.facts.name }, ["Name", "AlertValue"], options);
  const bad = objects.filter(({ AlertValue }) => /^(Degraded|Unhealthy)$/i.test(text(AlertValue)));
  return Object.fromEntries(bad.map(({ Name, AlertValue }) => [text(Name), text(AlertValue)]));
}
