/** The agent's guarded removals of a certificate from the store, without the cmdlet. // [L15] 15.2, protocol.ts certificate.remove and .removeReplaced */
import { servicesOf, type ServiceFlag } from "./cmdlets/certificateObject";
import type { Server } from "./server";
import type { StoredCertificate } from "./store";
import { TlsName } from "./tlsName";
import { datesValid } from "./trust";
import type { World } from "./world";

const refuse = (reason: string): never => {
  throw new Error(reason);
};

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
  if (!server.my.find(upper)) return { removed: false };
  const successor = validSuccessor(world, server, upper, keep);
  if (!successor.privateKey || !successor.networkService) refuse(`NETWORK SERVICE cannot read the key of ${keep.toUpperCase()}.`);
  if (current === upper) refuse(`${upper} is the default certificate.`);
  if (expectDefault && current !== expectDefault.toUpperCase())
    refuse(`The default certificate is ${current ?? "missing"}, not ${expectDefault.toUpperCase()}.`);
  if (server.service("MSExchangeTransport")?.status !== "Stopped") refuse("MSExchangeTransport is not stopped.");
  return takeOut(world, server, upper);
}

function validSuccessor(world: World, server: Server, upper: string, keep: string): StoredCertificate {
  const successor = server.my.find(keep);
  if (!successor) return refuse(`The certificate to keep, ${keep.toUpperCase()}, is not in the store.`);
  if (successor.certificate.thumbprint === upper) refuse("The certificate to keep is the one to remove.");
  if (!datesValid(successor.certificate, world.clock.now(server.name)))
    refuse(`The certificate to keep, ${keep.toUpperCase()}, is not valid now.`);
  return successor;
}

function takeOut(world: World, server: Server, thumbprint: string): { removed: boolean } {
  server.my.remove(thumbprint);
  world.reachChanged();
  world.changed();
  return { removed: true };
}

/** What a Mailbox server may be using a certificate for beside transport. // 2.6, [L15] 15.1 */
const IN_USE: readonly ServiceFlag[] = ["IIS", "POP", "IMAP", "UM", "UMCallRouter", "Federation"];

/** A copy on a Mailbox server that another one of the same name has replaced; transport may be running. Throws Error with the reason. */
export function removeReplaced(world: World, server: Server, thumbprint: string, keep: string): { removed: boolean } {
  const upper = thumbprint.toUpperCase();
  const old = server.my.find(upper);
  if (!old) return { removed: false };
  if (server.role !== "Mailbox") refuse(`${server.name} is no Mailbox server.`);
  const successor = validSuccessor(world, server, upper, keep);
  if (!successor.privateKey) refuse(`The certificate to keep, ${keep.toUpperCase()}, has no private key.`);
  if (!TlsName.parse(TlsName.of(old.certificate))?.matches(successor.certificate))
    refuse(`${keep.toUpperCase()} has another subject or issuer than ${upper}.`);
  if (old.networkService && !successor.networkService)
    refuse(`NETWORK SERVICE can read the key of ${upper}, but not the key of ${keep.toUpperCase()}.`);
  const current = world.defaultCertificate(server)?.thumbprint ?? null;
  if (current === null) refuse("The default certificate cannot be read.");
  if (current === upper) refuse(`${upper} is the default certificate.`);
  const service = servicesOf(server, old).find((one) => IN_USE.includes(one));
  if (service) refuse(`${upper} is enabled for ${service}.`);
  const { auth } = world.directory;
  if ([auth.current, auth.next, auth.previous].includes(upper)) refuse(`${upper} is an Auth certificate.`);
  if ([...server.httpSys.values()].includes(upper)) refuse(`http.sys has a binding to ${upper}.`);
  return takeOut(world, server, upper);
}
