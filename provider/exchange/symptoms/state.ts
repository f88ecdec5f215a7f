/** Questions to the facts that several symptoms ask. Pure. */
import type { EventRecord } from "../../remote/protocol";
import { parseTlsCertificateName, sameTlsCertificateName } from "../../pki";
import { isoDay } from "../../base/clock";
import { equalNames } from "../shell";
import type { CertificateFact, Facts, HostFact, QueueFact, ReceiveConnectorFact, SendConnectorFact, SyncFact } from "./facts";

/** Longer event texts are cut. */
const LONGEST = 600;

/** Events of one source and these ids, newest first; the same text counts once. */
export function eventsOf(host: HostFact, source: string, ids: number[]): EventRecord[] {
  const matching = host.events.filter((event) => equalNames(event.source, source) && ids.includes(event.id)).reverse();
  const seen = new Set<string>();
  return matching.filter((event) => !seen.has(keyOf(event)) && seen.add(keyOf(event)));
}

/** Numbers change from one telling to the next ("hours remaining"), names and thumbprints do not. */
const keyOf = ({ id, text }: EventRecord): string => `${id}/${text.replace(/\b\d+\b/g, "#")}`;

export function eventSentence(event: EventRecord): string {
  const text = event.text.replace(/\s+/g, " ").trim();
  return `${event.source} ${event.id} (${event.level}) at ${event.utc.replace(/\.\d+Z$/, "Z")}: ${text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text}`;
}

/** Thumbprints inside a text, upper case. */
export function thumbprintsIn(text: string): string[] {
  return (text.match(/\b[0-9A-Fa-f]{40}\b/g) ?? []).map((one) => one.toUpperCase());
}

/** Whether a text names an object: names are inserted as they are in every language. `EDGE1` is not in `EDGE10`. */
export function mentions(text: string, name: string): boolean {
  const wanted = name.toLowerCase();
  const inside = text.toLowerCase();
  const bounded = (at: number): boolean => !/[\w-]/.test(inside[at - 1] ?? " ") && !/[\w-]/.test(inside[at + wanted.length] ?? " ");
  for (let at = inside.indexOf(wanted); wanted !== "" && at >= 0; at = inside.indexOf(wanted, at + 1)) if (bounded(at)) return true;
  return false;
}

export const edgesOf = ({ hosts }: Facts): HostFact[] => hosts.filter(({ role }) => role === "Edge");
export const mailboxesOf = ({ hosts }: Facts): HostFact[] => hosts.filter(({ role }) => role === "Mailbox");

export function find(host: HostFact, thumbprint: string | null | undefined): CertificateFact | undefined {
  return host.certificates?.find((one) => one.thumbprint === thumbprint);
}

/** A service that was asked for, by its Windows name. */
export function runs(host: HostFact, name: string): boolean {
  return host.services.some((service) => equalNames(service.name, name) && service.status === "Running");
}

export type Loadable = "unknown" | "unpublished" | "absent" | "keyless" | "unreadable" | "loadable";

/** Whether transport can load the default certificate with its key. */
export function loadable(host: HostFact): Loadable {
  if (host.defaultThumbprint === undefined || !host.certificates) return "unknown";
  if (host.defaultThumbprint === null) return "unpublished";
  const found = find(host, host.defaultThumbprint);
  if (!found) return "absent";
  if (!found.hasPrivateKey) return "keyless";
  return found.networkService ? "loadable" : "unreadable";
}

/** Send connectors that this host sends through. */
export function actingConnectors(host: HostFact): SendConnectorFact[] {
  return (host.sendConnectors ?? []).filter((one) => one.enabled && one.sources.includes(host.name.toUpperCase()));
}

/** Connectors of this host with a TlsCertificateName, both kinds. */
export function namedConnectors(host: HostFact): (SendConnectorFact | ReceiveConnectorFact)[] {
  const receive = (host.receiveConnectors ?? []).filter((one) => one.enabled);
  return [...actingConnectors(host), ...receive].filter((one) => one.tlsCertificateName !== "");
}

/** Certificates that a TlsCertificateName means; the issuer may be missing in it. */
export function carrying(host: HostFact, name: string): CertificateFact[] {
  const parts = parseTlsCertificateName(name);
  return (host.certificates ?? []).filter((one) =>
    parts && parts.issuer === ""
      ? sameTlsCertificateName(`<S>${one.subject}`, `<S>${parts.subject}`)
      : sameTlsCertificateName(one.tlsCertificateName, name),
  );
}

/** Why transport passes a certificate over when it looks by name; null when it takes it. */
export function passedOver(one: CertificateFact, now: Date): string | null {
  if (one.notAfter < now) return `expired on ${isoDay(one.notAfter)}`;
  if (one.notBefore > now) return `not valid before ${isoDay(one.notBefore)}`;
  if (/^(Untrusted|Revoked|Invalid)$/.test(one.status)) return `Status ${one.status}`;
  return null;
}

/** Whether a certificate carries a name, exactly or by a wildcard of one label. */
export function covers(one: CertificateFact, fqdn: string): boolean {
  const wanted = fqdn.toLowerCase();
  const parent = wanted.slice(wanted.indexOf(".") + 1);
  return one.domainNames.some((name) => name.toLowerCase() === wanted || name.toLowerCase() === `*.${parent}`);
}

/**
 * Whether a door, a connector or a name of this host may still lead to a certificate. For an event about it; a reminder asks another question
 * (uses.ts): what the configuration says, services, bindings and what is not known included.
 */
export function inUse(host: HostFact, thumbprint: string, now: Date): boolean {
  const own = find(host, thumbprint);
  if (host.starttls?.state === "presents" && host.starttls.thumbprint === thumbprint) return true;
  if (!own) return false;
  const competitors = (host.certificates ?? []).filter((one) => one !== own && passedOver(one, now) === null && one.networkService);
  const named = namedConnectors(host).some(({ tlsCertificateName }) => carrying(host, tlsCertificateName).includes(own));
  if (named && !competitors.some((one) => one.tlsCertificateName === own.tlsCertificateName)) return true;
  if (!own.networkService) return false;
  const nameless = [...actingConnectors(host), ...(host.receiveConnectors ?? [])].filter((one) => one.tlsCertificateName === "");
  const names = nameless.map(({ fqdn }) => fqdn ?? host.fqdn).filter((fqdn) => covers(own, fqdn));
  return names.some((fqdn) => !competitors.some((one) => one.notBefore > own.notBefore && covers(one, fqdn)));
}

export function queueSentence(queue: QueueFact): string {
  return `Get-Queue ${queue.identity} (${queue.status}, ${queue.count} messages, to ${queue.nextHop}): ${queue.lastError}`;
}

/** Queues with mail whose LastError holds a code. SMTP replies are not localised. */
export function queuesWith(host: HostFact, pattern: RegExp): QueueFact[] {
  return (host.queues ?? []).filter(({ count, lastError }) => count > 0 && pattern.test(lastError));
}

/** What one Mailbox server says of an Edge's synchronisation. */
export function syncOf(host: HostFact, edge: string): SyncFact | undefined {
  return host.syncs.find((one) => equalNames(one.edge, edge));
}

export const failedSync = (sync: SyncFact | undefined): boolean => sync !== undefined && /^Failed/i.test(sync.status);

export function syncSentence({ edge, status, detail }: SyncFact): string {
  return `Test-EdgeSynchronization: ${edge} is ${status}${detail ? `: ${detail}` : ""}`;
}

/** Whether the last synchronisation of an Edge came after an event and went well. */
export function syncedAfter(host: HostFact, edge: string, event: EventRecord): boolean {
  const sync = syncOf(host, edge);
  if (!sync || failedSync(sync) || !sync.lastSynchronized) return false;
  return sync.lastSynchronized > new Date(event.utc);
}
