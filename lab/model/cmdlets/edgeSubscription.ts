/** New-, Get- and Remove-EdgeSubscription: two cmdlets each, by the role of the server. // 4.1–4.5 */
import { CONFIRM, domainController, type Cmdlet } from "./binding";
import { exportSubscription, removeOnEdge } from "./edgeSubscriptionEdge";
import { getSubscriptions, importSubscription, removeInOrganisation } from "./edgeSubscriptionOrganisation";
import { taskError } from "./errors";

export const newEdgeSubscription: Cmdlet = {
  name: "New-EdgeSubscription",
  // -FileName on the Edge only, -FileData in the organisation. // 2.1, 4.1
  parameters: (server) =>
    server.role === "Edge"
      ? { FileName: "string", AccountExpiryDuration: "timespan", Force: "switch", ...CONFIRM }
      : {
          FileData: "bytes",
          Site: "string",
          CreateInternetSendConnector: "bool",
          CreateInboundSendConnector: "bool",
          Force: "switch",
          ...CONFIRM,
          ...domainController(server),
        },
  required: (server) => (server.role === "Edge" ? ["FileName"] : []),
  run: (call) => (call.server.role === "Edge" ? exportSubscription(call) : importSubscription(call)),
};

export const getEdgeSubscription: Cmdlet = {
  name: "Get-EdgeSubscription",
  parameters: (server) => ({ Identity: "string", ...domainController(server) }),
  run(call) {
    // Run inside the organisation. // [PS:Get-EdgeSubscription]
    if (call.server.role === "Edge")
      throw taskError(
        call.cmdlet,
        "System.InvalidOperationException",
        "InvalidOperation",
        "Get-EdgeSubscription can't be run on an Edge Transport server.",
      );
    return getSubscriptions(call);
  },
};

export const removeEdgeSubscription: Cmdlet = {
  name: "Remove-EdgeSubscription",
  parameters: (server) => ({ Identity: "string", Force: "switch", ...CONFIRM, ...domainController(server) }),
  required: () => ["Identity"],
  run: (call) => (call.server.role === "Edge" ? removeOnEdge(call) : removeInOrganisation(call)),
};
