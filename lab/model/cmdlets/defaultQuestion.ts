/** "Overwrite the existing default SMTP certificate?": asked after key access was granted. // [L15] 15.1, [SOMOIT] */
import { reencrypt, reencryptionFailure } from "../credentials";
import type { Server } from "../server";
import type { StoredCertificate } from "../store";
import { blobOf } from "../x509";
import { pin } from "../adlds";
import type { Call } from "./binding";
import { promptRefused, rpcError } from "./errors";

/** Makes `item` the default where the rules and answers say so. */
export function offerAsDefault(call: Call, target: Server, item: StoredCertificate, force: boolean, mends = false): void {
  const current = call.lab.world.defaultCertificate(target);
  if (current?.thumbprint === item.certificate.thumbprint) return;
  // Not asked when the stored default is empty or unreadable. // [L15] 15.1
  if (current && !force && !answer(call, question(current, item))) return;
  setDefault(call, target, item, mends);
}

function question(current: { thumbprint: string; notAfter: Date }, item: StoredCertificate): string {
  const { thumbprint, notAfter } = item.certificate;
  return `Overwrite the existing default SMTP certificate? Current certificate: '${current.thumbprint}' (expires ${current.notAfter.toISOString()}) Replace it with certificate: '${thumbprint}' (expires ${notAfter.toISOString()})`;
}

/** The ShouldContinue kind: only -Force answers; `-Confirm:$false` does not. // [L15] 15.1 */
function answer(call: Call, text: string): boolean {
  const { toggles } = call.lab.world;
  const mode =
    call.values.Confirm === false && toggles.enableConfirmFalse !== "asks" ? toggles.enableConfirmFalse : toggles.enableWithoutForce;
  if (mode === "answersYes") return true;
  if (mode === "answersNo") return false;
  throw promptRefused(call.cmdlet, text);
}

function setDefault(call: Call, target: Server, item: StoredCertificate, mends: boolean): void {
  const { world } = call.lab;
  const old = world.defaultCertificate(target)?.thumbprint ?? null;
  const failure = target.lds ? null : reencryptionFailure(world, target, old, item.keyProvider === "CNG");
  world.setDefaultBlob(target, blobOf(item.certificate));
  if (target.lds) {
    // Only a warning on an Edge, and no copy into AD LDS's own store. // [L15] 15.1
    if (target.lds.subscribed)
      call.warn(
        "The default SMTP certificate of this Edge Transport server has changed. You must run the New-EdgeSubscription cmdlet again on this server and import the new subscription file.",
      );
    if (world.toggles.smtpEnableCopiesToAdLds) pin(target.lds.serviceStore, item);
    return;
  }
  if (!world.toggles.mailboxDefaultReencrypts) return;
  // A lost default is mended with a warning instead: subscribe all Edges again. // [SEED1]
  if (failure && mends) return;
  // It fails after the default has changed. // [L15] 15.1
  if (failure)
    throw rpcError(
      call.cmdlet,
      target.name,
      `The EdgeSync credentials of this server could not be encrypted with the new default certificate: ${failure} You must subscribe the Edge Transport servers again.`,
    );
  reencrypt(world, target, item.certificate.publicKeySha256);
}
