/** All handlers by resource class. */
import { setConfig } from "../remote/secrets";
import { lookingAhead } from "./ahead";
import { announcing } from "./announce";
import { authCertificate } from "./authCertificate";
import { certificate } from "./certificate";
import { hybridConfigurationTls } from "./hybrid";
import { receiveConnectorTls } from "./receiveConnector";
import { certificateRequest } from "./request";
import { sendConnectorTls } from "./sendConnector";
import { edgeSubscription } from "./subscription";
import { transportService } from "./transport";
import type { Handler } from "./types";

export { createContext } from "./context";
export { during } from "./shutdown";

export const handlers = {
  Certificate: announcing(lookingAhead(certificate)),
  CertificateRequest: announcing(lookingAhead(certificateRequest)),
  SendConnectorTls: announcing(lookingAhead(sendConnectorTls)),
  ReceiveConnectorTls: announcing(lookingAhead(receiveConnectorTls), { follows: true }),
  HybridConfigurationTls: announcing(lookingAhead(hybridConfigurationTls)),
  EdgeSubscription: announcing(lookingAhead(edgeSubscription), { follows: true }),
  TransportService: announcing(lookingAhead(transportService), { follows: true }),
  AuthCertificate: announcing(lookingAhead(authCertificate)),
} satisfies Record<string, Handler>;

/** Makes the stack's configuration known to `{config: "key"}` references. */
export function configure(config: Record<string, string>): void {
  setConfig((key) => config[key]);
}
