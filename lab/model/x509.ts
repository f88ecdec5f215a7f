/** Certificates as the model sees them: pki's reading of the bytes, with what the rules ask on top. */
import { X509Certificate } from "node:crypto";
import { readCertificate, readSerialisedCertificate, writeSerialisedCertificate, type Certificate } from "../../provider/pki";

export { readCertificate, type Certificate };

const issued = new Map<string, boolean>();

/** Whether `issuer` signed `certificate`. */
export function issuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (certificate.issuer !== issuer.subject) return false;
  const key = `${certificate.thumbprint}/${issuer.thumbprint}`;
  let answer = issued.get(key);
  if (answer === undefined) {
    answer = new X509Certificate(certificate.der).verify(issuer.publicKey);
    issued.set(key, answer);
  }
  return answer;
}

const byBlob = new WeakMap<Buffer, Certificate | null>();

/** The certificate inside a serialised blob; null when it is unreadable. // [L15] 15.9 */
export function certificateOfBlob(blob: Buffer): Certificate | null {
  let certificate = byBlob.get(blob);
  if (certificate === undefined) {
    try {
      certificate = readCertificate(readSerialisedCertificate(blob));
    } catch {
      certificate = null;
    }
    byBlob.set(blob, certificate);
  }
  return certificate;
}

export function blobOf(certificate: Certificate): Buffer {
  return Buffer.from(writeSerialisedCertificate(certificate.der));
}
