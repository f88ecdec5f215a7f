/** The agent's guarded removal of a certificate from the store, without the cmdlet. // [L15] 15.2, protocol.ts certificate.remove */
import type { Server } from "./server";
import { datesValid } from "./trust";
import type { World } from "./world";

/** Throws Error with the reason when a guard does not hold. */
export function guardedRemove(
  world: World,
  server: Server,
  thumbprint: string,
  keep: string,
  expectDefault?: string,
): { removed: boolean } {
  const upper = thumbprint.toUpperCase();
  const current = world.defaultCertificate(server)?.thumbprint ?? null;
  const refuse = (reason: string): never => {
    throw new Error(reason);
  };
  if (!server.my.find(upper)) return { removed: false };
  const successor = server.my.find(keep);
  if (!successor) return refuse(`The certificate to keep, ${keep.toUpperCase()}, is not in the store.`);
  if (successor.certificate.thumbprint === upper) refuse("The certificate to keep is the one to remove.");
  if (!datesValid(successor.certificate, world.clock.now(server.name)))
    refuse(`The certificate to keep, ${keep.toUpperCase()}, is not valid now.`);
  if (!successor.privateKey || !successor.networkService) refuse(`NETWORK SERVICE cannot read the key of ${keep.toUpperCase()}.`);
  if (current === upper) refuse(`${upper} is the default certificate.`);
  if (expectDefault && current !== expectDefault.toUpperCase())
    refuse(`The default certificate is ${current ?? "missing"}, not ${expectDefault.toUpperCase()}.`);
  if (server.service("MSExchangeTransport")?.status !== "Stopped") refuse("MSExchangeTransport is not stopped.");
  server.my.remove(upper);
  world.reachChanged();
  world.changed();
  return { removed: true };
}
