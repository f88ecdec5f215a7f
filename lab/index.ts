/** The lab as a library: a simulated Exchange organisation for tests and rehearsals. */
export { startLab, DEFAULT_SPEED, type Lab, type LabOptions, type Ready, type ReadyHost } from "./start";
export type { HistoryEntry, Outcome } from "./doors/history";
export type { FaultSpec } from "./doors/faults";
export type { ConnectionRecord, SshOptions } from "./doors/ssh/server";
export { issuedCertificates, type IssuedCertificate } from "./issued";
export type { LabHost } from "./doors/network";
export { AgentProcess, type ProcessPipe } from "./doors/agent/process";
