/** Remove-ExchangeCertificate, with its two refusals. // 2.6, [L15] 15.1 */
import type { Server } from "../server";
import type { StoredCertificate } from "../store";
import { TlsName } from "../tlsName";
import { unsuitableForSmtp } from "../trust";
import { visibleConnectors, type World } from "../world";
import { CONFIRM, type Call, type Cmdlet } from "./binding";
import { targetParameters, targetServer, targetThumbprint } from "./certificateTarget";
import { missingParameter, promptRefused, rpcError } from "./errors";

// Neither -Services nor -Force. // [PS:Remove-ExchangeCertificate], [SEED2]
export const removeExchangeCertificate: Cmdlet = {
  name: "Remove-ExchangeCertificate",
  parameters: (server) => ({ ...targetParameters(server), ...CONFIRM }),
  exclusive: [
    ["Server", "Identity"],
    ["Thumbprint", "Identity"],
  ],
  run(call) {
    const target = targetServer(call);
    const thumbprint = targetThumbprint(call);
    if (!thumbprint) throw missingParameter(call, ["Thumbprint"]);
    // Confirm-impact high, of the ShouldProcess kind. // [L15] 15.1
    if (call.values.Confirm !== false && !call.values.WhatIf)
      throw promptRefused(
        call.cmdlet,
        `Are you sure you want to perform this action? Remove certificate with thumbprint ${thumbprint} from the computer's certificate store?`,
      );
    const item = target.my.find(thumbprint);
    if (!item) return removeRequest(call, target, thumbprint);
    refuse(call, target, item);
    if (call.values.WhatIf) return [];
    target.my.remove(thumbprint);
    call.lab.world.reachChanged();
    call.lab.world.changed();
    return [];
  },
};

function removeRequest(call: Call, target: Server, thumbprint: string): [] {
  const index = target.requests.findIndex(({ certificate }) => certificate.thumbprint === thumbprint);
  if (index < 0) throw rpcError(call.cmdlet, target.name, `The certificate with thumbprint ${thumbprint} was not found.`);
  if (!call.values.WhatIf) target.requests.splice(index, 1);
  return [];
}

/** Validity, default, UM, Federation, send connectors: in this order. // [L15] 15.1 */
function refuse(call: Call, target: Server, item: StoredCertificate): void {
  const { thumbprint } = item.certificate;
  const { world } = call.lab;
  const reason = unsuitableForSmtp(item, world.trust(target));
  // A certificate without a key cannot be removed. // [L15] 15.1
  if (reason)
    throw rpcError(
      call.cmdlet,
      target.name,
      `The certificate with thumbprint ${thumbprint} was found but is not valid for use with Exchange Server (reason: ${reason}).`,
    );
  if (world.defaultCertificate(target)?.thumbprint === thumbprint)
    throw rpcError(
      call.cmdlet,
      target.name,
      "The internal transport certificate cannot be removed because that would cause the Microsoft Exchange Transport service to stop. To replace the internal transport certificate, create a new certificate. The new certificate will automatically become the internal transport certificate. You can then remove the existing certificate.",
    );
  for (const service of ["UM", "Federation"] as const)
    if (item.bound.has(service))
      throw rpcError(
        call.cmdlet,
        target.name,
        `The certificate with thumbprint ${thumbprint} cannot be removed because it is used by ${service}.`,
      );
  const tagged = connectorsTaggedWith(world, target, item);
  if (tagged.length > 0)
    throw rpcError(
      call.cmdlet,
      target.name,
      `These certificates are tagged with following Send Connectors : ${tagged.join(", ")}. Removing and replacing certificates from Send Connector would break the mail flow. If you still want to proceed then replace or remove these certificates from Send Connector and then try this command.`,
    );
}

/** All send connectors of the directory whatever their sources, by exact issuer and subject; on an Edge those in AD LDS. // [L15] 15.1 */
export function connectorsTaggedWith(world: World, target: Server, item: StoredCertificate): string[] {
  if (target.role === "Edge" && !world.toggles.refusal2OnEdge) return [];
  return [...visibleConnectors(world, target).values()]
    .filter((bag) => typeof bag.TlsCertificateName === "string" && TlsName.parse(bag.TlsCertificateName)?.matchesExactly(item.certificate))
    .map((bag) => String(bag.Name));
}
