/** What a run of EdgeSync writes into AD LDS. // [L15] 15.8 */
import { esra } from "./credentials";
import type { EdgeCredential } from "./directory";
import { edgeEvents } from "./events";
import type { Bag, Server } from "./server";
import type { World } from "./world";

/** `rangeUpper` of the connector's name in AD LDS's schema. // [SUP:email-sent-to-online-appears-external], 7.2 */
export const LDS_NAME_LIMIT = 256;
const RENEW_BEFORE = 7 * 86_400_000;

export interface Counters {
  added: number;
  deleted: number;
  updated: number;
  scanned: number;
  /** Objects whose change AD LDS refused. */
  refused: string[];
}

export function replicate(world: World, hub: Server, edge: Server, full: boolean): Counters {
  const lds = edge.lds!;
  const counters: Counters = { added: 0, deleted: 0, updated: 0, scanned: 0, refused: [] };
  lds.site = hub.site;
  renewCredentials(world, hub, edge);
  copyAccounts(world, edge);
  copyHubs(world, hub.site!, edge, counters);
  // Send connectors that have this Edge as a source. // [L15] 15.8
  const mine = new Map([...world.directory.sendConnectors].filter(([, bag]) => hasSource(bag, edge.name)));
  const connectorsDiffer = copy(mine, lds.sendConnectors, counters, full);
  copy(world.directory.acceptedDomains, lds.acceptedDomains, counters, full);
  copy(world.directory.remoteDomains, lds.remoteDomains, counters, full);
  if (connectorsDiffer) world.connectorsChanged(edge);
  world.reachChanged();
  return counters;
}

export function hasSource(bag: Bag, server: string): boolean {
  return (bag.SourceTransportServers as string[]).some((source) => source.toLowerCase() === server.toLowerCase());
}

/** One attribute over its limit: the whole object's change is refused, the others go on; true when something changed. // [L15] 15.8 */
function copy(source: Map<string, Bag>, target: Map<string, Bag>, counters: Counters, full: boolean): boolean {
  let changed = false;
  for (const [name, bag] of source) {
    counters.scanned++;
    const old = target.get(name);
    const differs = !old || !sameBag(old, bag);
    if (!differs && !full) continue;
    if (String(bag.TlsCertificateName ?? "").length > LDS_NAME_LIMIT) {
      counters.refused.push(name);
      continue;
    }
    if (!old) counters.added++;
    else if (differs) counters.updated++;
    changed ||= differs;
    target.set(name, { ...bag });
  }
  for (const name of [...target.keys()]) {
    if (source.has(name)) continue;
    target.delete(name);
    changed = true;
    counters.deleted++;
  }
  return changed;
}

/** The same properties with the same values: this comparison is most of what a lab does while nobody asks it anything. */
function sameBag(one: Bag, other: Bag): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => name in other && sameValue(one[name], other[name]));
}

function sameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object") return false;
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Hub servers of the same site with their internal certificates. // [L15] 15.8 */
function copyHubs(world: World, site: string, edge: Server, counters: Counters): void {
  const lds = edge.lds!;
  const hubs = world.hubsOf(site);
  for (const hub of hubs) {
    counters.scanned++;
    const internalCertificate = world.defaultBlob(hub);
    const old = lds.hubs.get(hub.name);
    if (!old) counters.added++;
    else if (!sameBlob(old.internalCertificate, internalCertificate)) counters.updated++;
    lds.hubs.set(hub.name, { fqdn: hub.fqdn, internalCertificate });
  }
  for (const name of [...lds.hubs.keys()]) if (!hubs.some((hub) => hub.name === name)) lds.hubs.delete(name);
}

const sameBlob = (a: Buffer | null, b: Buffer | null): boolean => a === b || (a !== null && b !== null && a.equals(b));

/**
 * The Edge's credential service decrypts what was encrypted for the certificate in AD, with the key of its own default;
 * what it cannot decrypt it does not learn (1005). // 5.3, [L15] 15.8
 */
function copyAccounts(world: World, edge: Server): void {
  const accounts = edge.lds!.accounts;
  const news = [...world.directory.hubs.values()]
    .flatMap((hub) => hub.credentials)
    .filter(({ edge: name, kind, user, password }) => {
      const known = accounts.get(user.toLowerCase())?.password === password;
      return name === edge.name && kind === "ESRA" && !known;
    });
  if (news.length === 0 || !edge.runs("MSExchangeEdgeCredential")) return;
  const own = world.defaultCertificate(edge);
  const item = own ? edge.my.find(own.thumbprint) : undefined;
  if (!item?.privateKey || item.certificate.publicKeySha256 !== world.edgeCertificate(edge.name)?.publicKeySha256) {
    const event = edgeEvents.cannotDecrypt(edge.name, own?.thumbprint ?? "(none)");
    world.event(edge, event.source, event.id, event.level, event.text);
    return;
  }
  for (const { user, password, expires } of news) accounts.set(user.toLowerCase(), { password, expires });
}

/** A second account 7 days before expiry; the first one stays until then. // [DOC:edge-subscription-credentials] */
function renewCredentials(world: World, hub: Server, edge: Server): void {
  const object = world.directory.hubs.get(hub.name)!;
  const now = world.clock.now(hub.name);
  const left = ({ expires }: EdgeCredential): number => expires.getTime() - now.getTime();
  const mine = object.credentials.filter(({ edge: name, kind }) => name === edge.name && kind === "ESRA");
  if (mine.length === 0 || mine.some((credential) => left(credential) >= RENEW_BEFORE)) return;
  const newest = mine.reduce((a, b) => (left(b) > left(a) ? b : a));
  const number = Math.max(...mine.map(({ user }) => Number(/\.(\d+),/.exec(user)?.[1] ?? 0))) + 1;
  const renewed = esra(edge.name, newest.user.replace(/\.\d+,/, `.${number},`), newest.encryptedFor, now);
  object.credentials = [...object.credentials.filter((credential) => !mine.includes(credential) || left(credential) > 0), renewed];
  const event = edgeEvents.credentialRenewed(renewed.user);
  world.event(edge, event.source, event.id, event.level, event.text);
}
