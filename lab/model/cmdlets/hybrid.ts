/** Get- and Set-HybridConfiguration. // section 8 */
import type { Bag } from "../server";
import { TlsName } from "../tlsName";
import { collection, CONFIRM, domainController, type Call, type Cmdlet } from "./binding";
import { arrived } from "./remoting";
import { notFound, taskError, wrongType } from "./errors";

const TYPE = "Microsoft.Exchange.Data.Directory.SystemConfiguration.HybridConfiguration";

export const getHybridConfiguration: Cmdlet = {
  name: "Get-HybridConfiguration",
  role: "Mailbox",
  parameters: (server) => domainController(server),
  run: (call) => (call.lab.world.directory.hybrid ? [{ ...call.lab.world.directory.hybrid, ...arrived(call, TYPE) }] : []),
};

const HYBRID_LISTS = [
  "ClientAccessServers",
  "EdgeTransportServers",
  "ReceivingTransportServers",
  "SendingTransportServers",
  "Domains",
  "Features",
  "ExternalIPAddresses",
];

export const setHybridConfiguration: Cmdlet = {
  name: "Set-HybridConfiguration",
  role: "Mailbox",
  parameters: (server) => ({
    ...Object.fromEntries(HYBRID_LISTS.map((name) => [name, "collection" as const])),
    OnPremisesSmartHost: "string",
    TlsCertificateName: "string",
    ...CONFIRM,
    ...domainController(server),
  }),
  run(call) {
    const { directory, clock } = call.lab.world;
    if (!directory.hybrid) throw notFound(call.cmdlet, "Hybrid Configuration");
    const next: Bag = { ...directory.hybrid };
    for (const name of HYBRID_LISTS) if (name in call.values) next[name] = collection(next[name] as string[], call.values[name]);
    if ("OnPremisesSmartHost" in call.values) next.OnPremisesSmartHost = call.values.OnPremisesSmartHost;
    if ("TlsCertificateName" in call.values) next.TlsCertificateName = tlsName(call);
    // Must be null if Edges are used. // [PS:Set-HybridConfiguration]
    if ((next.EdgeTransportServers as string[]).length > 0 && (next.ReceivingTransportServers as string[]).length > 0)
      throw taskError(
        call.cmdlet,
        "System.ArgumentException",
        "InvalidArgument",
        "ReceivingTransportServers and SendingTransportServers must be empty when EdgeTransportServers is set.",
      );
    if (call.values.WhatIf) return [];
    const now = clock.now(call.server.name);
    directory.hybrid = { ...next, WhenChanged: now, WhenChangedUTC: now };
    call.lab.world.changed();
    return [];
  },
};

function tlsName(call: Call): string | null {
  const text = call.values.TlsCertificateName as string | null;
  if (!text) return null;
  const parsed = TlsName.parse(text);
  if (!parsed) throw wrongType(call, "TlsCertificateName", "Microsoft.Exchange.Data.SmtpX509Identifier");
  return parsed.toString();
}
