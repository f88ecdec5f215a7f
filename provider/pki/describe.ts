/** `describeCertificate`: what a Pulumi program wants to know of a certificate before anything is deployed. */
import { isoSeconds } from "../base/clock";
import { isExchangeError } from "../base/errors";
import { Certificate, readCertificate } from "./certificate";
import { readCertificates } from "./certificates";
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
 * Describes a certificate: PEM text, or the bytes of a PEM, DER or PKCS#7 file, at once, a PFX through a Promise. Of a whole chain, in any order,
 * it is the certificate that is no authority.
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
  if (typeof input === "string" || input instanceof Uint8Array) return describe(certificateOf(input));
  return describePfx(input);
}

/** Of several, in whatever order an authority lists them, the one that is none. */
function certificateOf(input: string | Uint8Array): Certificate {
  try {
    const all = readCertificates(input);
    return all.find(({ isCa }) => !isCa) ?? all[0];
  } catch (error) {
    if (!isExchangeError(error, "PEM_UNREADABLE")) throw error;
    return readCertificate(input);
  }
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
