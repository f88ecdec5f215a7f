/** All cmdlets of the simulated shell. */
import { CmdletFailure, type CmdletCall, type CmdletResult, type ShellContext } from "../contract";
import type { Lab } from "../lab";
import type { Server } from "../server";
import { getAcceptedDomain, newAcceptedDomain, removeAcceptedDomain } from "./acceptedDomains";
import { bind, type Cmdlet } from "./binding";
import { enableExchangeCertificate } from "./certificateEnable";
import { importExchangeCertificate } from "./certificateImport";
import { newExchangeCertificate } from "./certificateNew";
import { exportExchangeCertificate, getExchangeCertificate } from "./certificateRead";
import { removeExchangeCertificate } from "./certificateRemove";
import { getEdgeSubscription, newEdgeSubscription, removeEdgeSubscription } from "./edgeSubscription";
import { getEdgeSyncServiceConfig, setEdgeSyncServiceConfig, startEdgeSynchronization, testEdgeSynchronization } from "./edgeSync";
import { unknownCmdlet } from "./errors";
import { getServerComponentState, getServerHealth, setServerComponentState } from "./health";
import { getHybridConfiguration, setHybridConfiguration } from "./hybrid";
import { getQueue } from "./queue";
import { getReceiveConnector, setReceiveConnector } from "./receiveConnectors";
import { getExchangeServer, getTransportService } from "./servers";
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
  newEdgeSubscription,
  getEdgeSubscription,
  removeEdgeSubscription,
  startEdgeSynchronization,
  testEdgeSynchronization,
  getEdgeSyncServiceConfig,
  setEdgeSyncServiceConfig,
  getTransportService,
  getExchangeServer,
  getAcceptedDomain,
  newAcceptedDomain,
  removeAcceptedDomain,
  getHybridConfiguration,
  setHybridConfiguration,
  getQueue,
  getServerComponentState,
  setServerComponentState,
  getServerHealth,
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
  const values = bind(cmdlet, server, parameters);
  const warnings: string[] = [];
  await lab.world.wait("cmdlet");
  const objects = await cmdlet.run({ lab, server, cmdlet: cmdlet.name, shell, values, warn: (text) => warnings.push(text) });
  return { objects, warnings };
}

export { CmdletFailure };
