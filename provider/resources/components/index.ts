/** Components: several resources wired in the one safe order. */
export { EdgeFleet, type EdgeFleetArgs, type FleetEdgeArgs } from "./edgeFleet";
export { EdgeTransport, type EdgeTransportArgs } from "./edgeTransport";
export type { LoadBalancerArgs } from "./loadBalancer";
export type { MaxUnavailable } from "./maxUnavailable";
export { ServerCertificate, type ServerCertificateArgs } from "./serverCertificate";
