import { createPublicKey, KeyObject } from "node:crypto";
import type { Certificate } from "./certificate";

/** A certificate with its private key and its issuers. */
export interface CertificateBundle {
  certificate: Certificate;
  privateKey: KeyObject;
  /** Issuers in order, a self-signed root included when it was given; certificates of other chains are left out. */
  chain: Certificate[];
  /** Every other certificate that was given, in no order: another day another path may be the right one. */
  pool: Certificate[];
  /** The Microsoft key provider that a PFX names (attribute 1.3.6.1.4.1.311.17.1), else null. */
  keyProvider: string | null;
}

/** Whether the private key belongs to the certificate. */
export function keyBelongsTo(privateKey: KeyObject, certificate: Certificate): boolean {
  return createPublicKey(privateKey).equals(certificate.publicKey);
}
