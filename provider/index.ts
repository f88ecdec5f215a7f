/**
 * pulumi-exchange: certificates on Exchange servers, as code.
 *
 * This file re-exports the public surface and nothing else. What every stack's state refers to is `./runtime`.
 */
export { ExchangeError, HINTS, isExchangeError, type ErrorCode } from "./base/errors";
export { describeCertificate, type CertificateDescription, type PfxInput } from "./pki/describe";
export * from "./resources";
