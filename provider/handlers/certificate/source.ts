/** A certificate source, resolved: references read, the container opened. Secrets stay in this process's memory. */
import { createHash } from "node:crypto";
import { isoSeconds } from "../../base/clock";
import { canonical, type JsonObject } from "../../base/json";
import { openPfx, readPemBundle, type Certificate, type CertificateBundle } from "../../pki";
import { resolveSecret, resolveSecretBytes } from "../../remote/secrets";
import type { CertificateSource } from "./inputs";

/** Opening a container costs key derivation; equal bytes and password are opened once a process. */
const opened = new Map<string, Promise<CertificateBundle>>();

/** @throws SECRET_UNAVAILABLE, PFX_…, PEM_UNREADABLE, KEY_MISMATCH */
export async function openSource(source: CertificateSource): Promise<CertificateBundle> {
  if ("pfx" in source) {
    const [bytes, password] = await Promise.all([resolveSecretBytes(source.pfx), resolveSecret(source.password)]);
    return once([bytes.toString("base64"), password], () => openPfx(bytes, password));
  }
  const privateKey = await resolveSecret(source.privateKey);
  const privateKeyPassword = source.privateKeyPassword === undefined ? undefined : await resolveSecret(source.privateKeyPassword);
  return readPemBundle({ certificate: source.certificate, privateKey, privateKeyPassword, chain: source.chain });
}

function once(parts: string[], open: () => Promise<CertificateBundle>): Promise<CertificateBundle> {
  const key = createHash("sha256").update(canonical(parts)).digest("hex");
  const known = opened.get(key);
  if (known) return known;
  const fresh = open();
  opened.set(key, fresh);
  fresh.catch(() => opened.delete(key));
  return fresh;
}

/** The derived inputs that come from the certificate itself. */
export function certificateFacts(certificate: Certificate): JsonObject {
  const { thumbprint, subject, issuer, serialNumber, tlsCertificateName } = certificate;
  return {
    thumbprint,
    subject,
    issuer,
    serialNumber,
    notBefore: isoSeconds(certificate.notBefore),
    notAfter: isoSeconds(certificate.notAfter),
    tlsCertificateName,
  };
}
