/** AD LDS on an Edge: its own certificate store, and what it presents on LDAPS. // [L15] 15.6, 15.10 */
import type { Server } from "./server";
import { CertificateStore, stored, type StoredCertificate } from "./store";
import { datesValid } from "./trust";
import type { World } from "./world";

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** Server Authentication, a key, and the service account may read it. // [LDS] */
function usable(item: StoredCertificate): boolean {
  const usage = item.certificate.extendedKeyUsage;
  return item.privateKey !== null && item.networkService && (usage === null || usage.includes(SERVER_AUTH));
}

function newest(items: readonly StoredCertificate[], now: Date): StoredCertificate | null {
  const fitting = items.filter((item) => usable(item) && datesValid(item.certificate, now));
  return fitting.sort((a, b) => b.certificate.notBefore.getTime() - a.certificate.notBefore.getTime())[0] ?? null;
}

/** The choice at the start of the service; nothing else changes what is presented. // [L15] 15.6 */
export function chooseLdapsCertificate(world: World, server: Server): StoredCertificate | null {
  const lds = server.lds!;
  const now = world.clock.now(server.name);
  if (world.toggles.adLdsChoice === "newest") return newest([...lds.serviceStore.entries, ...server.my.entries], now);
  const pinned = lds.serviceStore.entries.find((item) => item.privateKey !== null);
  if (pinned) return pinned;
  return world.toggles.adLdsBeforeExport === "newest" ? newest(server.my.entries, now) : null;
}

/** The export empties the service's store and puts the certificate in, without a restart. // [L15] 15.6 */
export function pin(store: CertificateStore, item: StoredCertificate): void {
  store.clear();
  const { certificate, privateKey, keyProvider, providerName, lookAlike } = item;
  store.add(stored(certificate, { privateKey, keyProvider, providerName, networkService: true, lookAlike }));
}
