/**
 * Serialised certificates, as Exchange keeps them in `msExchServerInternalTLSCert` and in a subscription file:
 * a list of elements, each `property id, encoding type, length` (32-bit, little-endian) and the bytes;
 * element 32 is the DER certificate (Windows: CertSerializeCertificateStoreElement).
 */
import { ExchangeError } from "../base/errors";

const CERTIFICATE_ELEMENT = 32;
const X509_ASN_ENCODING = 1;
const HEADER_BYTES = 12;

/**
 * The DER bytes inside a serialised certificate.
 * @throws ExchangeError CERTIFICATE_UNREADABLE
 */
export function readSerialisedCertificate(blob: Uint8Array): Buffer {
  const bytes = Buffer.from(blob);
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const id = bytes.readUInt32LE(at);
    const length = bytes.readUInt32LE(at + 8);
    const from = at + HEADER_BYTES;
    if (from + length > bytes.length) break;
    if (id === CERTIFICATE_ELEMENT) return bytes.subarray(from, from + length);
    at = from + length;
  }
  throw new ExchangeError("CERTIFICATE_UNREADABLE", "The bytes are not a serialised certificate.");
}

/** A serialised certificate with no property but the certificate itself. */
export function writeSerialisedCertificate(der: Uint8Array): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(CERTIFICATE_ELEMENT, 0);
  header.writeUInt32LE(X509_ASN_ENCODING, 4);
  header.writeUInt32LE(der.byteLength, 8);
  return Buffer.concat([header, der]);
}
