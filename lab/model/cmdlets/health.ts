/** Get- and Set-ServerComponentState, Get-ServerHealth. // 4.6 */
import { monitors } from "../health";
import type { Server } from "../server";
import { CONFIRM, domainController, type Call, type Cmdlet } from "./binding";
import { remoting } from "./remoting";
import { notFound, wrongType } from "./errors";

const REQUESTERS = ["healthapi", "maintenance", "sidelined", "functional", "deployment"];

export const getServerComponentState: Cmdlet = {
  name: "Get-ServerComponentState",
  parameters: (server) => ({ Identity: "string", Component: "string", ...domainController(server) }),
  required: () => ["Identity"],
  run(call) {
    const server = componentServer(call);
    const only = call.values.Component as string | undefined;
    const names = ["ServerWideOffline", "HubTransport", "FrontendTransport", "EdgeTransport", "Monitoring", "RecoveryActionsEnabled"];
    return names
      .filter((name) => !only || name.toLowerCase() === only.toLowerCase())
      .map((name) => ({
        ServerFqdn: server.fqdn,
        Component: name,
        State: server.componentStates.of(name),
        Identity: server.fqdn,
        ...remoting(call.server),
      }));
  },
};

export const setServerComponentState: Cmdlet = {
  name: "Set-ServerComponentState",
  parameters: (server) => ({
    Identity: "string",
    Component: "string",
    Requester: "string",
    State: "string",
    LocalOnly: "switch",
    RemoteOnly: "switch",
    TimeoutInSeconds: "int",
    ...CONFIRM,
    ...domainController(server),
  }),
  required: () => ["Identity", "Component", "Requester", "State"],
  run(call) {
    const server = componentServer(call);
    const state = (["Active", "Inactive", "Draining"] as const).find(
      (known) => known.toLowerCase() === String(call.values.State).toLowerCase(),
    );
    if (!state) throw wrongType(call, "State", "Microsoft.Exchange.Data.ServiceState");
    if (!REQUESTERS.includes(String(call.values.Requester).toLowerCase()))
      throw wrongType(call, "Requester", "Microsoft.Exchange.Data.ServerComponentRequest");
    if (call.values.WhatIf) return [];
    server.componentStates.set(String(call.values.Component), String(call.values.Requester), state);
    call.lab.world.changed();
    return [];
  },
};

function componentServer(call: Call): Server {
  const identity = String(call.values.Identity);
  const server = call.lab.world.findServer(identity);
  if (!server || (call.server.role === "Edge" && server !== call.server)) throw notFound(call.cmdlet, identity);
  return server;
}

export const getServerHealth: Cmdlet = {
  name: "Get-ServerHealth",
  parameters: () => ({ Identity: "string", HealthSet: "string", HaImpactingOnly: "switch" }),
  required: () => ["Identity"],
  run(call) {
    const server = componentServer(call);
    const set = (call.values.HealthSet as string | undefined)?.toLowerCase();
    return monitors(call.lab, server)
      .filter((monitor) => !set || monitor.HealthSetName.toLowerCase() === set)
      .map((monitor) => ({ ...monitor, ...remoting(call.server) }));
  },
};

/** How bad an alert value is. */
const ALERTS = ["Healthy", "Degraded", "Unhealthy"] as const;

/** A line for each health set: the worst of its monitors. // [PS:Get-HealthReport] */
export const getHealthReport: Cmdlet = {
  name: "Get-HealthReport",
  parameters: () => ({
    ...{ Identity: "string", HealthSet: "string", HaImpactingOnly: "switch", RollupGroup: "switch" },
    ...{ GroupSize: "int", MinimumOnlinePercent: "int" },
  }),
  required: () => ["Identity"],
  run(call) {
    const server = componentServer(call);
    const wanted = (call.values.HealthSet as string | undefined)?.toLowerCase();
    const all = monitors(call.lab, server).filter((one) => !wanted || one.HealthSetName.toLowerCase() === wanted);
    return [...new Set(all.map(({ HealthSetName }) => HealthSetName))].map((HealthSet) => {
      const ones = all.filter(({ HealthSetName }) => HealthSetName === HealthSet);
      return {
        Server: server.name,
        State: ones[0].CurrentHealthSetState,
        HealthSet,
        AlertValue: ALERTS.findLast((value) => ones.some((one) => one.AlertValue === value)) ?? "Healthy",
        LastTransitionTime: null,
        MonitorCount: ones.length,
        ...remoting(call.server),
      };
    });
  },
};
