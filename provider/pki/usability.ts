/** Whether Exchange's transport would take a certificate for SMTP (exchange.md 15.1, 15.4, 7.2). */
import { isoDay } from "../base/clock";
import type { ErrorCode } from "../base/errors";
import { Certificate, isDomainName } from "./certificate";

const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const MAX_NAME = 256;

export interface Unsuitable {
  code: ErrorCode;
  sentence: string;
}

/**
 * The first reason why a certificate cannot serve SMTP, or null. Dates are not looked at, see `validity`.
 *
 * Order: key, KeyUsage, EKU (what Enable-ExchangeCertificate checks), the version (what transport looks at when it
 * chooses for STARTTLS), then what a connector's name needs.
 */
export function unsuitable(certificate: Certificate, keys: Keys = {}): Unsuitable | null {
  return unfit(certificate, keys) ?? nameProblem(certificate);
}

/** `ec`: the server takes EC keys, or nobody has asked it yet (exchange.md 17). Default: RSA alone. */
export interface Keys {
  ec?: boolean;
}
/** The curves of Windows' own TLS. */
const CURVE_BITS: readonly number[] = [256, 384, 521];

/** The first reason why transport would not offer STARTTLS with a certificate, whatever its names, or null. */
export function unfit(certificate: Certificate, keys: Keys = {}): Unsuitable | null {
  return keyProblem(certificate, keys) ?? usageProblem(certificate) ?? versionProblem(certificate);
}

function keyProblem({ thumbprint, keyType, keyBits }: Certificate, { ec = false }: Keys): Unsuitable | null {
  if (keyType === "EC" && ec && CURVE_BITS.includes(keyBits)) return null;
  if (keyType !== "RSA") {
    const why =
      keyType !== "EC"
        ? "only RSA keys are accepted, and EC keys where they are turned on"
        : ec
          ? "of EC keys only those of 256, 384 and 521 bits are known"
          : "Exchange refuses ECDSA certificates for transport";
    return {
      code: "CERTIFICATE_KEY_UNSUPPORTED",
      sentence: `Certificate ${thumbprint} has ${/^[ERX]/i.test(keyType) ? "an" : "a"} ${keyType} key; ${why}.`,
    };
  }
  if (keyBits < 1024) {
    return {
      code: "CERTIFICATE_KEY_UNSUPPORTED",
      sentence: `Certificate ${thumbprint} has an RSA key of ${keyBits} bits; Exchange needs at least 1024.`,
    };
  }
  return null;
}

function usageProblem({ thumbprint, keyUsage, extendedKeyUsage }: Certificate): Unsuitable | null {
  if (keyUsage && !keyUsage.includes("digitalSignature") && !keyUsage.includes("nonRepudiation")) {
    return {
      code: "CERTIFICATE_USAGE_UNSUITABLE",
      sentence: `The key usage of certificate ${thumbprint} includes neither Digital Signature nor Non-Repudiation.`,
    };
  }
  if (extendedKeyUsage && !extendedKeyUsage.includes(SERVER_AUTHENTICATION)) {
    return {
      code: "CERTIFICATE_USAGE_UNSUITABLE",
      sentence: `The extended key usage of certificate ${thumbprint} does not include Server Authentication.`,
    };
  }
  return null;
}

function versionProblem({ thumbprint, version }: Certificate): Unsuitable | null {
  if (version >= 3) return null;
  return {
    code: "CERTIFICATE_USAGE_UNSUITABLE",
    sentence: `Certificate ${thumbprint} is of X.509 version ${version}; transport offers STARTTLS with version 3 only.`,
  };
}

function nameProblem({ thumbprint, commonName, tlsCertificateName }: Certificate): Unsuitable | null {
  if (commonName === null || !isDomainName(commonName)) {
    return {
      code: "SUBJECT_EMPTY",
      sentence: `The subject of certificate ${thumbprint} has no common name that is a domain or a wildcard.`,
    };
  }
  if (tlsCertificateName.length > MAX_NAME) {
    return {
      code: "NAME_TOO_LONG",
      sentence: `The TlsCertificateName of certificate ${thumbprint} has ${tlsCertificateName.length} characters; an Edge can store ${MAX_NAME}.`,
    };
  }
  return null;
}

/** Whether the certificate is outside its dates at `now`, or null. */
export function validity(
  certificate: Certificate,
  now: Date,
): { code: "CERTIFICATE_EXPIRED" | "CERTIFICATE_NOT_YET_VALID"; sentence: string } | null {
  const { thumbprint, notBefore, notAfter } = certificate;
  if (now.getTime() > notAfter.getTime()) {
    return {
      code: "CERTIFICATE_EXPIRED",
      sentence: `Certificate ${thumbprint} expired on ${isoDay(notAfter)}.`,
    };
  }
  if (now.getTime() < notBefore.getTime()) {
    return {
      code: "CERTIFICATE_NOT_YET_VALID",
      sentence: `Certificate ${thumbprint} is valid from ${isoDay(notBefore)} only.`,
    };
  }
  return null;
}
