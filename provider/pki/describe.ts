/** `describeCertificate`: what a Pulumi program wants to know of a certificate before anything is deployed. */
import { isoSeconds } from "../base/clock";
import { Certificate, readCertificate } from "./certificate";
import { openPfx } from "./pfx";
import { pfxBytes } from "./pfx-bytes";

export interface CertificateDescription {
  /** Upper-case hex SHA-1. */
  thumbprint: string;
  /** As .NET prints it on Windows. */
  subject: string;
  issuer: string;
  serialNumber: string;
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  notBefore: string;
  notAfter: string;
  domainNames: string[];
  keyType: string;
  /** `<I>issuer<S>subject`, for connectors. */
  tlsCertificateName: string;
}

/** A PFX file and its password. */
export interface PfxInput {
  /** Base64 text, or the bytes of the file. */
  pfx: string | Uint8Array;
  password: string;
}

/**
 * Describes a certificate: PEM text or DER bytes at once, a PFX through a Promise.
 *
 * @throws ExchangeError CERTIFICATE_UNREADABLE; for a PFX also PFX_PASSWORD_WRONG, PFX_UNREADABLE,
 *   PFX_WITHOUT_KEY, PFX_TOO_EXPENSIVE (through the Promise).
 * @example
 * const { tlsCertificateName } = describeCertificate(fs.readFileSync("edge.pem", "utf8"));
 */
export function describeCertificate(pem: string): CertificateDescription;
export function describeCertificate(der: Uint8Array): CertificateDescription;
export function describeCertificate(input: PfxInput): Promise<CertificateDescription>;
export function describeCertificate(input: string | Uint8Array | PfxInput): CertificateDescription | Promise<CertificateDescription> {
  if (typeof input === "string" || input instanceof Uint8Array) return describe(readCertificate(input));
  return describePfx(input);
}

async function describePfx(input: PfxInput): Promise<CertificateDescription> {
  const bundle = await openPfx(pfxBytes(input.pfx), input.password);
  return describe(bundle.certificate);
}

/** The plain, serialisable part of a certificate. */
export function describe(certificate: Certificate): CertificateDescription {
  const { thumbprint, subject, issuer, serialNumber, domainNames, keyType, tlsCertificateName } = certificate;
  return {
    thumbprint,
    subject,
    issuer,
    serialNumber,
    notBefore: isoSeconds(certificate.notBefore),
    notAfter: isoSeconds(certificate.notAfter),
    domainNames: [...domainNames],
    keyType,
    tlsCertificateName,
  };
}
