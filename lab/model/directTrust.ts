/** Direct trust between an Edge and a Hub: each side's internal certificate must be the one that the other side knows. // rule 10, [SEL10-in], [SEL10-out] */
import { transportEvents } from "./events";
import type { InternalChoice } from "./selection";
import type { Server } from "./server";
import type { Transport } from "./transport";
import { certificateOfBlob, type Certificate } from "./x509";
import type { World } from "./world";

export const AUTHENTICATION_FAILURE =
  '451 4.4.0 Primary target IP address responded with: "454 4.7.0 Temporary authentication failure." Attempted failover to alternate host, but that did not succeed. Either there are no alternate hosts, or delivery failed to all alternate hosts.';

/** The queue error of a session from `sender` to `receiver`, or null. Raises 2018 and 1036, and the expiry events of both sides. */
export function directTrustError(world: World, transport: Transport, sender: Server, receiver: Server): string | null {
  const theirs = transport.internal(receiver, true);
  const ours = transport.internal(sender, true);
  reportExpiry(world, transport, sender, theirs);
  reportExpiry(world, transport, receiver, ours);
  if (!trusts(world, sender, receiver, theirs)) {
    transport.raise(sender, transportEvents.outboundTrustFailed(subjectOf(theirs), receiver.fqdn));
    return AUTHENTICATION_FAILURE;
  }
  if (!trusts(world, receiver, sender, ours)) {
    transport.raise(receiver, transportEvents.inboundTrustFailed(subjectOf(ours), sender.fqdn));
    return AUTHENTICATION_FAILURE;
  }
  return null;
}

/** Whether `judge` knows the certificate that `peer` shows. A CA is never asked; expired ones pass. // 5.3 */
function trusts(world: World, judge: Server, peer: Server, shown: InternalChoice): boolean {
  if (shown.kind === "ephemeral") return false;
  const known = knownCertificate(world, judge, peer);
  if (!known) return false;
  const { certificate } = shown.item;
  return world.toggles.directTrust === "publicKey"
    ? known.publicKeySha256 === certificate.publicKeySha256
    : known.thumbprint === certificate.thumbprint;
}

/** An Edge looks into AD LDS, a Hub into AD. // [L15] 15.8, 6.1 */
function knownCertificate(world: World, judge: Server, peer: Server): Certificate | null {
  if (!judge.lds) return world.edgeCertificate(peer.name, { synchronised: world.toggles.directTrustLearns === "edgeSync" });
  const blob = judge.lds.hubs.get(peer.name)?.internalCertificate;
  return blob ? certificateOfBlob(blob) : null;
}

const subjectOf = (choice: InternalChoice): string => (choice.kind === "ephemeral" ? "(ephemeral)" : choice.item.certificate.subject);

/** 12019 and 12020 for the peer's certificate. // [L15] 15.3 */
function reportExpiry(world: World, transport: Transport, server: Server, peer: InternalChoice): void {
  if (peer.kind === "ephemeral") return;
  const { thumbprint, notAfter } = peer.item.certificate;
  const left = notAfter.getTime() - world.clock.now(server.name).getTime();
  if (left < 0) transport.raise(server, transportEvents.remoteExpired(thumbprint));
  else if (left < 90 * 86_400_000) transport.raise(server, transportEvents.remoteExpiresSoon(thumbprint, Math.floor(left / 3_600_000)));
}
