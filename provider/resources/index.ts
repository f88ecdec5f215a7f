/** What a Pulumi program sees. */
export { AuthCertificate, type AuthCertificateArgs } from "./authCertificate";
export { Certificate, type CertificateArgs, type CertificateSettings, type ExchangeService, type FollowingConnector } from "./certificate";
export { CertificateRequest, type CertificateRequestArgs } from "./certificateRequest";
export * from "./components";
export type {
  ConnectionArgs,
  DirectoryArgs,
  EndpointsArgs,
  ExchangeCredentialArgs,
  ProxyArgs,
  Secret,
  SecretReference,
} from "./connection";
export { EdgeSubscription, type EdgeSubscriptionArgs, type SubscriptionSettings } from "./edgeSubscription";
export { ExchangeResource } from "./exchangeResource";
export { HybridConfigurationTls, type HybridConfigurationTlsArgs } from "./hybridConfigurationTls";
export type { After, LifecycleArgs, UnlockArgs } from "./lifecycle";
export {
  ReceiveConnectorTls,
  type ReceiveConnectorSettings,
  type ReceiveConnectorState,
  type ReceiveConnectorTlsArgs,
} from "./receiveConnectorTls";
export {
  SendConnectorTls,
  type ConnectorSourceArgs,
  type SendConnectorSettings,
  type SendConnectorState,
  type SendConnectorTlsArgs,
} from "./sendConnectorTls";
export type {
  AdcsSourceArgs,
  CertificateSourceArgs,
  ExportSourceArgs,
  PemSourceArgs,
  PfxSourceArgs,
  RequestSourceArgs,
  SelfSignedSourceArgs,
} from "./source";
export { TransportService, type TransportServiceArgs } from "./transportService";
export type { MailFlow, MailProbeArgs, WatchMail, WatchMailArgs } from "./watchMail";
