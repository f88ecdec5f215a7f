/** Test-ServiceHealth: whether what a role requires has started. // [PS:Test-ServiceHealth] */
import { CONFIRM, domainController, type Cmdlet } from "./binding";
import { notFound } from "./errors";
import { remoting } from "./remoting";

/** Of the services that the lab has. */
const REQUIRED: { [role in "Edge" | "Mailbox"]: { [role: string]: string[] } } = {
  Edge: {
    "Edge Transport Server Role": ["ADAM_MSExchange", "MSExchangeEdgeCredential", "MSExchangeServiceHost", "MSExchangeTransport"],
  },
  Mailbox: {
    "Mailbox Server Role": ["MSExchangeADTopology", "MSExchangeServiceHost", "MSExchangeTransportLogSearch", "W3SVC"],
    "Client Access Server Role": ["MSExchangeADTopology", "MSExchangeServiceHost", "W3SVC"],
    "Hub Transport Server Role": [
      ...["MSExchangeADTopology", "MSExchangeEdgeSync", "MSExchangeServiceHost"],
      ...["MSExchangeTransport", "MSExchangeTransportLogSearch", "W3SVC"],
    ],
  },
};

export const testServiceHealth: Cmdlet = {
  name: "Test-ServiceHealth",
  parameters: (server) => ({
    ...{ Server: "string", ActiveDirectoryTimeout: "int", MonitoringContext: "bool" },
    ...CONFIRM,
    ...domainController(server),
  }),
  run(call) {
    const named = call.values.Server as string | undefined;
    const server = named === undefined ? call.server : call.lab.world.findServer(named);
    if (!server || (server !== call.server && (call.server.role === "Edge" || server.role === "Edge")))
      throw notFound(call.cmdlet, named ?? "");
    return Object.entries(REQUIRED[server.role]).map(([Role, required]) => {
      const automatic = required.filter((name) => server.service(name)?.startType === "Automatic");
      const ServicesNotRunning = automatic.filter((name) => !server.runs(name));
      return {
        Role,
        RequiredServicesRunning: ServicesNotRunning.length === 0,
        ServicesRunning: automatic.filter((name) => server.runs(name)),
        ServicesNotRunning,
        ...remoting(call.server),
      };
    });
  },
};
