/** All handlers by resource class. */
import { setConfig } from "../remote/secrets";
import { lookingAhead } from "./ahead";
import { announcing } from "./announce";
import { authCertificate } from "./authCertificate";
import { namingStopped } from "./stopped";
import { certificate } from "./certificate";
import { hybridConfigurationTls } from "./hybrid";
import { ofOrganization } from "./ofOrganization";
import { receiveConnectorTls } from "./receiveConnector";
import { refreshing } from "./refresh";
import { certificateRequest } from "./request";
import { sendConnectorTls } from "./sendConnector";
import { edgeSubscription } from "./subscription";
import { transportService } from "./transport";
import type { Handler } from "./types";

export { createContext } from "./context";
export { during } from "./shutdown";

/** What every resource does before its own work, and says where that fails. */
const guarded = (handler: Handler): Handler => namingStopped(lookingAhead(handler));

/** Each kind's reads share what they learn of servers and directory (refresh.ts). */
const sharing = <T extends Record<string, Handler>>(all: T): T =>
  Object.fromEntries(Object.entries(all).map(([kind, handler]) => [kind, refreshing(kind, handler)])) as T;

export const handlers = sharing({
  Certificate: announcing(guarded(certificate)),
  CertificateRequest: announcing(guarded(certificateRequest)),
  SendConnectorTls: announcing(guarded(ofOrganization(sendConnectorTls, "host"))),
  ReceiveConnectorTls: announcing(guarded(receiveConnectorTls), { follows: true }),
  HybridConfigurationTls: announcing(guarded(ofOrganization(hybridConfigurationTls, "host"))),
  EdgeSubscription: announcing(guarded(ofOrganization(edgeSubscription, "organization")), { follows: true }),
  TransportService: announcing(guarded(transportService), { follows: true }),
  AuthCertificate: announcing(guarded(authCertificate)),
} satisfies Record<string, Handler>);

/** Makes the stack's configuration known to `{config: "key"}` references. */
export function configure(config: Record<string, string>): void {
  setConfig((key) => config[key]);
}
