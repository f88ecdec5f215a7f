/** EdgeSync credentials: made at the import, kept per Hub, readable with the Hub's default key only. // 5.3, [L15] 15.6 */
import { randomBytes } from "node:crypto";
import type { EdgeCredential } from "./directory";
import type { Server } from "./server";
import type { SubscriptionFile } from "./subscriptionFile";
import type { World } from "./world";

const DAY = 86_400_000;
const PASSWORD_LENGTH = 20;
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789!#$%+-=?@";

/** 20 characters. // [L15] 15.5 */
export function newPassword(): string {
  return [...randomBytes(PASSWORD_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** For every Hub of the site that has an internal certificate: one bootstrap and two ESRA entries of 15 days each. // [L15] 15.6 */
export function writeCredentials(world: World, file: SubscriptionFile, site: string, now: Date): void {
  for (const server of world.hubsOf(site)) {
    const hub = world.directory.hubs.get(server.name)!;
    const key = world.defaultCertificate(server)?.publicKeySha256;
    hub.credentials = hub.credentials.filter((credential) => credential.edge !== file.EdgeServerName);
    if (!key) continue;
    const bootstrapEnd = new Date(file.EffectiveDate.getTime() + file.Duration * 1000);
    hub.credentials.push({
      edge: file.EdgeServerName,
      kind: "ESBRA",
      user: file.ESRAUsername,
      password: file.ESRAPassword,
      encryptedFor: key,
      effective: file.EffectiveDate,
      expires: bootstrapEnd,
    });
    // Beside the bootstrap account, in the same container. // [L15] 15.5
    const container = file.ESRAUsername.slice(file.ESRAUsername.indexOf(",") + 1);
    for (const number of [0, 1])
      hub.credentials.push(esra(file.EdgeServerName, `CN=ESRA.${file.EdgeServerName}.${server.name}.${number},${container}`, key, now));
  }
}

/** `ESRA.<Edge>.<Hub>.<n>`, for 15 days. // 5.3, [L15] 15.6 */
export function esra(edge: string, user: string, key: string, now: Date): EdgeCredential {
  const expires = new Date(now.getTime() + 15 * DAY);
  return { edge, kind: "ESRA", user, password: newPassword(), encryptedFor: key, effective: now, expires };
}

/** Why the credentials of a Hub cannot be re-encrypted for a new default; null when they can. // [L15] 15.1 */
export function reencryptionFailure(world: World, server: Server, oldThumbprint: string | null, newIsCng: boolean): string | null {
  const credentials = world.directory.hubs.get(server.name)!.credentials;
  if (credentials.length === 0) return null;
  const old = oldThumbprint ? server.my.find(oldThumbprint) : undefined;
  if (!old?.privateKey) return "the previous certificate is not in the personal store any more";
  if (credentials.some((credential) => credential.encryptedFor !== old.certificate.publicKeySha256)) return "Bad Data.";
  return newIsCng ? "the new certificate is not a CAPI certificate" : null;
}

export function reencrypt(world: World, server: Server, publicKeySha256: string): void {
  for (const credential of world.directory.hubs.get(server.name)!.credentials) credential.encryptedFor = publicKeySha256;
}
