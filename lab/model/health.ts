/** Monitor states that Managed Availability would show. // 4.6, [SEED2] */
import { AUTHENTICATION_FAILURE } from "./directTrust";
import type { Lab } from "./lab";
import { NAME_NOT_FOUND, OWN_SIDE_ABORTS } from "./transport";
import type { Server } from "./server";
import { TlsName } from "./tlsName";

export interface Monitor {
  Server: string;
  CurrentHealthSetState: string;
  Name: string;
  TargetResource: string;
  HealthSetName: string;
  AlertValue: "Healthy" | "Degraded" | "Unhealthy";
  ServerComponentName: string;
}
const SOON = 30 * 86_400_000;

/** A name on a connector of this server that no loadable certificate carries. // [SEED2] */
function certificateMismatch(lab: Lab, server: Server): boolean {
  return lab.transport.connectors(server).some((bag) => {
    const name = typeof bag.TlsCertificateName === "string" ? TlsName.parse(bag.TlsCertificateName) : null;
    if (!name || (server.role === "Mailbox" && !(bag.SourceTransportServers as string[]).includes(server.name))) return false;
    const item = lab.transport.byName(server, name.toString());
    return !item?.privateKey || !item.networkService;
  });
}

function expiresSoon(lab: Lab, server: Server): boolean {
  const item = lab.transport.inbound(server, false);
  return item !== null && item.certificate.notAfter.getTime() - lab.world.clock.now(server.name).getTime() < SOON;
}

export function monitors(lab: Lab, server: Server): Monitor[] {
  const set = server.role === "Edge" ? "EdgeTransport" : "HubTransport";
  const errors = lab.mail.queues.of(server).map((queue) => queue.lastError);
  const state: [string, boolean, "Degraded" | "Unhealthy"][] = [
    ["Transport.ServerCertMismatch.Monitor", certificateMismatch(lab, server), "Degraded"],
    ["Transport.ServerCertExpireSoon.Monitor", expiresSoon(lab, server), "Degraded"],
    ["Transport.SmtpSendDirectTrustFailed.Monitor", errors.includes(AUTHENTICATION_FAILURE), "Unhealthy"],
    ["Transport.SendConnTLS.Monitor", errors.some((error) => error === NAME_NOT_FOUND || error === OWN_SIDE_ABORTS), "Unhealthy"],
    [
      "UnreachableQueueMonitor",
      lab.mail.queues.of(server).some((queue) => queue.deliveryType === "Unreachable" && queue.legs.length > 0),
      "Unhealthy",
    ],
    [`${set}ServiceRunningMonitor`, !server.runs("MSExchangeTransport"), "Unhealthy"],
  ];
  return state.map(([Name, bad, value]) => ({
    Server: server.name,
    CurrentHealthSetState: server.componentStates.of(set) === "Inactive" ? "Offline" : "Online",
    Name,
    TargetResource: "",
    HealthSetName: set,
    AlertValue: bad ? value : "Healthy",
    ServerComponentName: set,
  }));
}
