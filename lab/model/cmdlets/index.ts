/** All cmdlets of the simulated shell. */
import { crc32 } from "node:zlib";
import { CmdletFailure, type CmdletCall, type CmdletResult, type ShellContext } from "../contract";
import type { Lab } from "../lab";
import type { Server } from "../server";
import { getAuthConfig, setAuthConfig } from "./authConfig";
import { bind, type Cmdlet } from "./binding";
import { enableExchangeCertificate } from "./certificateEnable";
import { importExchangeCertificate } from "./certificateImport";
import { newExchangeCertificate } from "./certificateNew";
import { exportExchangeCertificate, getExchangeCertificate } from "./certificateRead";
import { removeExchangeCertificate } from "./certificateRemove";
import { CLIENT_ACCESS_CMDLETS } from "./clientAccess";
import { DOMAIN_CMDLETS } from "./domains";
import { getEdgeSubscription, newEdgeSubscription, removeEdgeSubscription } from "./edgeSubscription";
import { getEdgeSyncServiceConfig, setEdgeSyncServiceConfig, startEdgeSynchronization, testEdgeSynchronization } from "./edgeSync";
import { directoryUnavailable, unknownCmdlet } from "./errors";
import { getHealthReport, getServerComponentState, getServerHealth, setServerComponentState } from "./health";
import { getHybridConfiguration, setHybridConfiguration } from "./hybrid";
import { getOrganizationConfig, getSettingOverride } from "./organisationSettings";
import { getMessage } from "./message";
import { getQueue } from "./queue";
import { redirectMessage, resumeQueue, retryQueue, suspendQueue } from "./queueActions";
import { getReceiveConnector, newReceiveConnectorCmdlet, removeReceiveConnector, setReceiveConnector } from "./receiveConnectors";
import { getExchangeServer, getTransportService } from "./servers";
import { testServiceHealth } from "./serviceHealth";
import { getADSite } from "./sites";
import { getTransportConfig, setTransportService } from "./transportConfig";
import { getMessageTrackingLog } from "./tracking";
import { getSendConnector, newSendConnectorCmdlet, removeSendConnector, setSendConnector } from "./sendConnectors";

const ALL: Cmdlet[] = [
  getExchangeCertificate,
  importExchangeCertificate,
  newExchangeCertificate,
  enableExchangeCertificate,
  removeExchangeCertificate,
  exportExchangeCertificate,
  getSendConnector,
  setSendConnector,
  newSendConnectorCmdlet,
  removeSendConnector,
  getReceiveConnector,
  setReceiveConnector,
  newReceiveConnectorCmdlet,
  removeReceiveConnector,
  newEdgeSubscription,
  getEdgeSubscription,
  removeEdgeSubscription,
  startEdgeSynchronization,
  testEdgeSynchronization,
  getEdgeSyncServiceConfig,
  setEdgeSyncServiceConfig,
  getTransportService,
  setTransportService,
  getTransportConfig,
  getExchangeServer,
  getADSite,
  ...DOMAIN_CMDLETS,
  ...CLIENT_ACCESS_CMDLETS,
  getHybridConfiguration,
  setHybridConfiguration,
  getAuthConfig,
  setAuthConfig,
  getSettingOverride,
  getOrganizationConfig,
  getQueue,
  getMessage,
  suspendQueue,
  resumeQueue,
  retryQueue,
  redirectMessage,
  getMessageTrackingLog,
  getServerComponentState,
  setServerComponentState,
  getServerHealth,
  getHealthReport,
  testServiceHealth,
];
const BY_NAME = new Map(ALL.map((cmdlet) => [cmdlet.name.toLowerCase(), cmdlet]));

export const CMDLET_NAMES: readonly string[] = ALL.map((cmdlet) => cmdlet.name);

const OWN_SHELL: ShellContext = { kind: "exchange", logon: "password" };

/** Runs one cmdlet on `server`; throws CmdletFailure. */
export async function runCmdlet(
  lab: Lab,
  server: Server,
  { cmdlet: name, parameters, shell = OWN_SHELL }: CmdletCall,
): Promise<CmdletResult> {
  const cmdlet = BY_NAME.get(name.toLowerCase());
  // Test- and Start-EdgeSynchronization run on a Hub only. // [L15] 15.8
  if (!cmdlet || (cmdlet.role && cmdlet.role !== server.role)) throw unknownCmdlet(name);
  const warnings: string[] = [];
  try {
    const values = bind(cmdlet, server, parameters);
    requireDirectory(lab, server, cmdlet.name);
    await lab.world.wait("cmdlet");
    const objects = await cmdlet.run({ lab, server, cmdlet: cmdlet.name, shell, values, warn: (text) => warnings.push(text) });
    return { objects, warnings: warnings.map((text) => shown(lab, text)) };
  } catch (error) {
    if (!(error instanceof CmdletFailure)) throw error;
    const { type, fqid, category, message, kind } = error;
    throw new CmdletFailure(type, fqid, category, shown(lab, message), kind);
  }
}

/** An Edge's configuration lies in AD LDS. No source says what cmdlets do while it is stopped: off by default. // 5.1 (I) */
function requireDirectory({ world }: Lab, server: Server, cmdlet: string): void {
  const asks = !/Queue|Message$|Server(ComponentState|Health)|HealthReport|ServiceHealth|ExchangeCertificate/.test(cmdlet);
  if (world.toggles.edgeCmdletsNeedAdLds && server.lds && asks && !server.runs("ADAM_MSExchange")) throw directoryUnavailable(cmdlet);
}

/** Nobody may depend on a text: a localised Exchange prints another one, with the same types and ids. // 15.11, 13 */
function shown(lab: Lab, text: string): string {
  if (lab.world.toggles.openTexts === "lab") return text;
  return `Meldung 0x${crc32(text).toString(16).padStart(8, "0")}: Der Vorgang wurde vom Server beantwortet.`;
}

export { CmdletFailure };
