/**
 * The provider text that Pulumi serialises into every stack's state.
 *
 * Each method is one line that asks the installed package for a frozen function name, and captures nothing: the text
 * is the same on every machine and Node version, never changes with the package's code, and an old stack's delete
 * always runs the code that is installed now. A change here is a change to every stack's state:
 * tests/protocol/shell.test.ts pins the texts byte for byte, docs/adr/0004 says why `configure` is among the methods.
 *
 * Keep the literals as they are: no helper, no shared constant, no comment inside (all of it would be serialised).
 */
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access */
import type * as pulumi from "@pulumi/pulumi";

type Shell = pulumi.dynamic.ResourceProvider;

// prettier-ignore
const certificate: Shell = {
  configure: (req) => require("pulumi-exchange/runtime").configure(req),
  check: (olds, news) => require("pulumi-exchange/runtime").certificateCheck(olds, news),
  diff: (id, olds, news) => require("pulumi-exchange/runtime").certificateDiff(id, olds, news),
  create: (inputs) => require("pulumi-exchange/runtime").certificateCreate(inputs),
  update: (id, olds, news) => require("pulumi-exchange/runtime").certificateUpdate(id, olds, news),
  read: (id, props) => require("pulumi-exchange/runtime").certificateRead(id, props),
  delete: (id, props) => require("pulumi-exchange/runtime").certificateDelete(id, props),
};

// prettier-ignore
const certificateRequest: Shell = {
  configure: (req) => require("pulumi-exchange/runtime").configure(req),
  check: (olds, news) => require("pulumi-exchange/runtime").certificateRequestCheck(olds, news),
  diff: (id, olds, news) => require("pulumi-exchange/runtime").certificateRequestDiff(id, olds, news),
  create: (inputs) => require("pulumi-exchange/runtime").certificateRequestCreate(inputs),
  update: (id, olds, news) => require("pulumi-exchange/runtime").certificateRequestUpdate(id, olds, news),
  read: (id, props) => require("pulumi-exchange/runtime").certificateRequestRead(id, props),
  delete: (id, props) => require("pulumi-exchange/runtime").certificateRequestDelete(id, props),
};

// prettier-ignore
const sendConnectorTls: Shell = {
  configure: (req) => require("pulumi-exchange/runtime").configure(req),
  check: (olds, news) => require("pulumi-exchange/runtime").sendConnectorTlsCheck(olds, news),
  diff: (id, olds, news) => require("pulumi-exchange/runtime").sendConnectorTlsDiff(id, olds, news),
  create: (inputs) => require("pulumi-exchange/runtime").sendConnectorTlsCreate(inputs),
  update: (id, olds, news) => require("pulumi-exchange/runtime").sendConnectorTlsUpdate(id, olds, news),
  read: (id, props) => require("pulumi-exchange/runtime").sendConnectorTlsRead(id, props),
  delete: (id, props) => require("pulumi-exchange/runtime").sendConnectorTlsDelete(id, props),
};

// prettier-ignore
const receiveConnectorTls: Shell = {
  configure: (req) => require("pulumi-exchange/runtime").configure(req),
  check: (olds, news) => require("pulumi-exchange/runtime").receiveConnectorTlsCheck(olds, news),
  diff: (id, olds, news) => require("pulumi-exchange/runtime").receiveConnectorTlsDiff(id, olds, news),
  create: (inputs) => require("pulumi-exchange/runtime").receiveConnectorTlsCreate(inputs),
  update: (id, olds, news) => require("pulumi-exchange/runtime").receiveConnectorTlsUpdate(id, olds, news),
  read: (id, props) => require("pulumi-exchange/runtime").receiveConnectorTlsRead(id, props),
  delete: (id, props) => require("pulumi-exchange/runtime").receiveConnectorTlsDelete(id, props),
};

// prettier-ignore
const hybridConfigurationTls: Shell = {
  configure: (req) => require("pulumi-exchange/runtime").configure(req),
  check: (olds, news) => require("pulumi-exchange/runtime").hybridConfigurationTlsCheck(olds, news),
  diff: (id, olds, news) => require("pulumi-exchange/runtime").hybridConfigurationTlsDiff(id, olds, news),
  create: (inputs) => require("pulumi-exchange/runtime").hybridConfigurationTlsCreate(inputs),
  update: (id, olds, news) => require("pulumi-exchange/runtime").hybridConfigurationTlsUpdate(id, olds, news),
  read: (id, props) => require("pulumi-exchange/runtime").hybridConfigurationTlsRead(id, props),
  delete: (id, props) => require("pulumi-exchange/runtime").hybridConfigurationTlsDelete(id, props),
};

// prettier-ignore
const edgeSubscription: Shell = {
  configure: (req) => require("pulumi-exchange/runtime").configure(req),
  check: (olds, news) => require("pulumi-exchange/runtime").edgeSubscriptionCheck(olds, news),
  diff: (id, olds, news) => require("pulumi-exchange/runtime").edgeSubscriptionDiff(id, olds, news),
  create: (inputs) => require("pulumi-exchange/runtime").edgeSubscriptionCreate(inputs),
  update: (id, olds, news) => require("pulumi-exchange/runtime").edgeSubscriptionUpdate(id, olds, news),
  read: (id, props) => require("pulumi-exchange/runtime").edgeSubscriptionRead(id, props),
  delete: (id, props) => require("pulumi-exchange/runtime").edgeSubscriptionDelete(id, props),
};

// prettier-ignore
const transportService: Shell = {
  configure: (req) => require("pulumi-exchange/runtime").configure(req),
  check: (olds, news) => require("pulumi-exchange/runtime").transportServiceCheck(olds, news),
  diff: (id, olds, news) => require("pulumi-exchange/runtime").transportServiceDiff(id, olds, news),
  create: (inputs) => require("pulumi-exchange/runtime").transportServiceCreate(inputs),
  update: (id, olds, news) => require("pulumi-exchange/runtime").transportServiceUpdate(id, olds, news),
  read: (id, props) => require("pulumi-exchange/runtime").transportServiceRead(id, props),
  delete: (id, props) => require("pulumi-exchange/runtime").transportServiceDelete(id, props),
};

// prettier-ignore
const authCertificate: Shell = {
  configure: (req) => require("pulumi-exchange/runtime").configure(req),
  check: (olds, news) => require("pulumi-exchange/runtime").authCertificateCheck(olds, news),
  diff: (id, olds, news) => require("pulumi-exchange/runtime").authCertificateDiff(id, olds, news),
  create: (inputs) => require("pulumi-exchange/runtime").authCertificateCreate(inputs),
  update: (id, olds, news) => require("pulumi-exchange/runtime").authCertificateUpdate(id, olds, news),
  read: (id, props) => require("pulumi-exchange/runtime").authCertificateRead(id, props),
  delete: (id, props) => require("pulumi-exchange/runtime").authCertificateDelete(id, props),
};

/** One module-level object a type: Pulumi serialises each object once. */
export const shells = {
  Certificate: certificate,
  CertificateRequest: certificateRequest,
  SendConnectorTls: sendConnectorTls,
  ReceiveConnectorTls: receiveConnectorTls,
  HybridConfigurationTls: hybridConfigurationTls,
  EdgeSubscription: edgeSubscription,
  TransportService: transportService,
  AuthCertificate: authCertificate,
} as const;

/** The resource types of this package. */
export type ResourceKind = keyof typeof shells;
