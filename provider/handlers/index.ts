/** All handlers by resource class. */
import { setConfig } from "../remote/secrets";
import { announcing } from "./announce";
import { certificate } from "./certificate";
import { hybridConfigurationTls } from "./hybrid";
import { receiveConnectorTls } from "./receiveConnector";
import { certificateRequest } from "./request";
import { sendConnectorTls } from "./sendConnector";
import { edgeSubscription } from "./subscription";
import { transportService } from "./transport";
import type { Handler } from "./types";

export { createContext } from "./context";

export const handlers = {
  Certificate: announcing(certificate),
  CertificateRequest: announcing(certificateRequest),
  SendConnectorTls: announcing(sendConnectorTls),
  ReceiveConnectorTls: announcing(receiveConnectorTls),
  HybridConfigurationTls: announcing(hybridConfigurationTls),
  EdgeSubscription: announcing(edgeSubscription),
  TransportService: announcing(transportService),
} satisfies Record<string, Handler>;

/** Makes the stack's configuration known to `{config: "key"}` references. */
export function configure(config: Record<string, string>): void {
  setConfig((key) => config[key]);
}
