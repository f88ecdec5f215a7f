/** All handlers by resource class, and the arguments of each. */
import { setConfig } from "../remote/secrets";
import { lookingAhead } from "./ahead";
import { announcing } from "./announce";
import type { Arguments } from "./arguments";
import { authCertificate } from "./authCertificate";
import { ARGUMENTS as authArguments } from "./authCertificate/inputs";
import { declaring } from "./declared";
import { inFleet } from "./fleet";
import { namingStopped } from "./stopped";
import { certificate } from "./certificate";
import { ARGUMENTS as certificateArguments } from "./certificate/inputs";
import { ARGUMENTS as hybridArguments, hybridConfigurationTls } from "./hybrid";
import { ofOrganization } from "./ofOrganization";
import { ARGUMENTS as receiveConnectorArguments, receiveConnectorTls } from "./receiveConnector";
import { refreshing } from "./refresh";
import { ARGUMENTS as requestArguments, certificateRequest } from "./request";
import { sendConnectorTls } from "./sendConnector";
import { ARGUMENTS as sendConnectorArguments } from "./sendConnector/inputs";
import { edgeSubscription } from "./subscription";
import { ARGUMENTS as subscriptionArguments } from "./subscription/inputs";
import { transportService } from "./transport";
import { ARGUMENTS as transportArguments } from "./transport/inputs";
import type { Handler } from "./types";

export { createContext } from "./context";
export { during } from "./shutdown";

/** What every resource does before its own work, and says where that fails. */
const guarded = (handler: Handler): Handler => declaring(namingStopped(lookingAhead(handler)));

/** Each kind's reads share what they learn of servers and directory (refresh.ts). */
const sharing = <T extends Record<string, Handler>>(all: T): T =>
  Object.fromEntries(Object.entries(all).map(([kind, handler]) => [kind, refreshing(kind, handler)])) as T;

export const handlers = sharing({
  Certificate: announcing(inFleet("Certificate", guarded(certificate))),
  CertificateRequest: announcing(guarded(certificateRequest)),
  SendConnectorTls: announcing(guarded(ofOrganization(sendConnectorTls, "host"))),
  ReceiveConnectorTls: announcing(inFleet("ReceiveConnectorTls", guarded(receiveConnectorTls)), { follows: true }),
  HybridConfigurationTls: announcing(guarded(ofOrganization(hybridConfigurationTls, "host"))),
  EdgeSubscription: announcing(inFleet("EdgeSubscription", guarded(ofOrganization(edgeSubscription, "organization"))), { follows: true }),
  TransportService: announcing(inFleet("TransportService", guarded(transportService)), { follows: true }),
  AuthCertificate: announcing(guarded(authCertificate)),
} satisfies Record<string, Handler>);

/** The arguments of every class (arguments.ts). */
export const TABLES = {
  Certificate: certificateArguments,
  CertificateRequest: requestArguments,
  SendConnectorTls: sendConnectorArguments,
  ReceiveConnectorTls: receiveConnectorArguments,
  HybridConfigurationTls: hybridArguments,
  EdgeSubscription: subscriptionArguments,
  TransportService: transportArguments,
  AuthCertificate: authArguments,
} satisfies Record<keyof typeof handlers, Arguments>;

/** Arguments with a secret somewhere inside. */
export const SECRET_BEARING: ReadonlySet<string> = new Set(
  Object.values<Arguments>(TABLES).flatMap((table) => Object.keys(table).filter((name) => table[name].is.secret)),
);

/** Makes the stack's configuration known to `{config: "key"}` references. */
export function configure(config: Record<string, string>): void {
  setConfig((key) => config[key]);
}
