/** Get-TransportConfig, and the settings of Set-TransportService. // [PS:Get-TransportConfig], [PS:Set-TransportService] */
import { timeText } from "../connectors";
import { TimeSpan } from "../contract";
import type { Server } from "../server";
import { collection, CONFIRM, domainController, type Call, type Cmdlet, type Parameters } from "./binding";
import { notFound, taskError, wrongType } from "./errors";
import { remoting } from "./remoting";

/** What the lab's mail does not look at is a setting to be read and set, no more. */
const SETTABLE = {
  MaxOutboundConnections: "any",
  MaxPerDomainOutboundConnections: "any",
  MessageExpirationTimeout: "timespan",
  MessageRetryInterval: "timespan",
  TransientFailureRetryInterval: "timespan",
  TransientFailureRetryCount: "int",
  OutboundConnectionFailureRetryInterval: "timespan",
  QueueMaxIdleTime: "timespan",
  InternalDNSAdapterEnabled: "bool",
  InternalDNSServers: "collection",
  ExternalDNSAdapterEnabled: "bool",
  ExternalDNSServers: "collection",
  ExternalIPAddress: "string",
  ConnectivityLogEnabled: "bool",
  MessageTrackingLogEnabled: "bool",
  IrmLogEnabled: "bool",
} satisfies Parameters;

const DEFAULTS: { [property: string]: unknown } = {
  MaxOutboundConnections: 1000,
  MaxPerDomainOutboundConnections: 20,
  MessageExpirationTimeout: "2.00:00:00",
  MessageRetryInterval: "00:15:00",
  TransientFailureRetryInterval: "00:05:00",
  TransientFailureRetryCount: 6,
  OutboundConnectionFailureRetryInterval: "00:10:00",
  QueueMaxIdleTime: "00:03:00",
  InternalDNSAdapterEnabled: true,
  InternalDNSServers: [],
  ExternalDNSAdapterEnabled: true,
  ExternalDNSServers: [],
  ExternalIPAddress: null,
  ConnectivityLogEnabled: true,
  MessageTrackingLogEnabled: true,
  IrmLogEnabled: true,
};

/** Longer where the next server is across the Internet. */
const OF_EDGE = { TransientFailureRetryInterval: "00:10:00", OutboundConnectionFailureRetryInterval: "00:30:00" };

/** Settings of a server's Transport service as they are printed; those of an Edge are its own, and not told in the organisation. */
export const transportSettings = (role: "Edge" | "Mailbox", server?: Server): { [property: string]: unknown } => ({
  ...DEFAULTS,
  ...(role === "Edge" ? OF_EDGE : {}),
  ...Object.fromEntries(server?.transportSettings ?? []),
});

export const setTransportService: Cmdlet = {
  name: "Set-TransportService",
  parameters: (server) => ({ Identity: "string", ...SETTABLE, ...CONFIRM, ...domainController(server) }),
  required: () => ["Identity"],
  run(call) {
    const identity = String(call.values.Identity);
    const server = call.lab.world.findServer(identity);
    if (!server || (server !== call.server && (call.server.role === "Edge" || server.role === "Edge")))
      throw notFound(call.cmdlet, identity);
    const next = Object.keys(SETTABLE).filter((name) => name in call.values);
    const values = next.map((name) => [name, printed(call, server, name)] as const);
    if (call.values.WhatIf) return [];
    for (const [name, value] of values) server.transportSettings.set(name, value);
    call.lab.world.changed();
    return [];
  },
};

function printed(call: Call, server: Server, name: string): unknown {
  const value = call.values[name];
  if (value instanceof TimeSpan) return timeText(value);
  if (name.endsWith("DNSServers")) return collection(transportSettings(server.role, server)[name] as string[], value);
  if (!/^Max(PerDomain)?Outbound/.test(name)) return value;
  if (typeof value === "string" && /^unlimited$/i.test(value)) return "Unlimited";
  const count = Number(value);
  if (!Number.isInteger(count)) throw wrongType(call, name, "Microsoft.Exchange.Data.Unlimited");
  if (count >= 1) return count;
  throw taskError(call.cmdlet, "Microsoft.Exchange.Data.DataValidationException", "InvalidData", `${name} can't be ${count}.`);
}

/** The organisation's on a Mailbox server, the computer's own on an Edge. // [PS:Get-TransportConfig] */
export const getTransportConfig: Cmdlet = {
  name: "Get-TransportConfig",
  parameters: (server) => ({ Identity: "string", ...domainController(server) }),
  run: ({ lab: { world }, server }) => [
    {
      Name: "Transport Settings",
      Identity: "Transport Settings",
      ...{ MaxSendSize: "10 MB (10,485,760 bytes)", MaxReceiveSize: "10 MB (10,485,760 bytes)", MaxRecipientEnvelopeLimit: 500 },
      ...{ TLSSendDomainSecureList: [], TLSReceiveDomainSecureList: [], InternalSMTPServers: [], ExternalPostmasterAddress: null },
      ShadowRedundancyEnabled: world.toggles.shadowQueues,
      ...{ ShadowHeartbeatFrequency: "00:02:00", ShadowMessageAutoDiscardInterval: "2.00:00:00", SafetyNetHoldTime: "2.00:00:00" },
      ...{ RejectMessageOnShadowFailure: false, ExternalDelayDsnEnabled: true, InternalDelayDsnEnabled: true, GenerateCopyOfDSNFor: [] },
      ...remoting(server),
    },
  ],
};
