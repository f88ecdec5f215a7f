/** Whether the EdgeSync service of a Hub can reach and log on to an Edge. // [L15] 15.8 */
import { edgeEvents, edgeSyncEvents, type EventText } from "./events";
import type { EdgeCredential, EdgeObject } from "./directory";
import type { Server } from "./server";
import type { Certificate } from "./x509";
import type { World } from "./world";

/** What the service of one Hub knows of the Edge objects; it may be 5 minutes old. // [L15] 15.8 */
export interface TrustCache {
  keys: Set<string>;
  thumbprints: Set<string>;
  loadedAt: number;
}

export type Connection =
  | { ok: true; server: Server }
  /** `shown`: the reason appears in FailureDetails; missing or undecryptable credentials leave it empty. // [L15] 15.8 */
  | { ok: false; reason: string; shown: boolean; events: EventText[] };

const failed = (reason: string, shown: boolean, ...events: EventText[]): Connection => ({ ok: false, reason, shown, events });
const UNREACHABLE = "The LDAP server is unavailable.";

export function connect(world: World, hub: Server, edge: EdgeObject, trust: TrustCache): Connection {
  const credentials = readableCredentials(world, hub, edge);
  if (!Array.isArray(credentials)) return credentials;
  const server = world.findServer(edge.fqdn);
  if (!server?.lds || !server.runs("ADAM_MSExchange"))
    return failed(UNREACHABLE, true, edgeSyncEvents.cannotConnect(edge.fqdn, UNREACHABLE));
  if (!presentsTrusted(world, server, trust))
    return failed(UNREACHABLE, true, edgeSyncEvents.certificateMismatch(edge.fqdn), edgeSyncEvents.cannotConnect(edge.fqdn, UNREACHABLE));
  const account = credentials.find((credential) => accepts(world, server, credential));
  if (!account) {
    const reason = "The supplied credential is invalid.";
    reportExpired(world, server, credentials);
    return failed(reason, true, edgeSyncEvents.cannotConnect(edge.fqdn, reason));
  }
  return { ok: true, server };
}

/** A missing default or credential is 1032, a key that does not fit 1033, a CNG key 1035. // [L15] 15.8 */
function readableCredentials(world: World, hub: Server, edge: EdgeObject): EdgeCredential[] | Connection {
  const internal = world.defaultCertificate(hub);
  const item = internal ? hub.my.find(internal.thumbprint) : undefined;
  const all = world.directory.hubs.get(hub.name)!.credentials.filter((credential) => credential.edge === edge.name);
  if (!item?.privateKey || all.length === 0) return failed("No credential was found.", false, edgeSyncEvents.noCredential(edge.fqdn));
  if (item.keyProvider === "CNG") return failed("Not a CAPI certificate.", false, edgeSyncEvents.notCapi(item.certificate.thumbprint));
  const readable = all.filter((credential) => credential.encryptedFor === item.certificate.publicKeySha256);
  if (readable.length > 0) return readable;
  return failed("Bad Data.", false, edgeSyncEvents.cannotDecrypt(edge.fqdn, item.certificate.thumbprint, item.certificate.subject));
}

/** Accepted when its public key is that of some Edge object; name, chain and expiry are ignored. // [L15] 15.8 */
function presentsTrusted(world: World, server: Server, trust: TrustCache): boolean {
  const presented: Certificate | undefined = server.lds!.presented?.certificate;
  if (!presented) return false;
  if (world.toggles.expiredLdapsRefused && presented.notAfter < world.clock.now(server.name)) return false;
  return world.toggles.edgeSyncCompares === "publicKey"
    ? trust.keys.has(presented.publicKeySha256)
    : trust.thumbprints.has(presented.thumbprint);
}

/** The bootstrap account ran out before the first synchronisation: the Edge says so. // [L15] 15.8 */
function reportExpired(world: World, server: Server, credentials: EdgeCredential[]): void {
  const expired = credentials.some((credential) => {
    const account = server.lds!.accounts.get(credential.user.toLowerCase());
    return account?.password === credential.password && account.expires !== null && account.expires <= world.clock.now(server.name);
  });
  if (!expired) return;
  const event = edgeEvents.subscriptionExpired(server.name);
  world.event(server, event.source, event.id, event.level, event.text);
}

/** AD LDS knows the account with this password, and it has not expired by the Edge's clock. */
function accepts(world: World, server: Server, credential: EdgeCredential): boolean {
  const account = server.lds!.accounts.get(credential.user.toLowerCase());
  if (!account || account.password !== credential.password) return false;
  return account.expires === null || account.expires > world.clock.now(server.name);
}
