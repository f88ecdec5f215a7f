/** A certificate source, resolved: references read, the container opened. Secrets stay in this process's memory. */
import { createHash, type KeyObject } from "node:crypto";
import { isoSeconds } from "../../base/clock";
import { canonical, type JsonObject } from "../../base/json";
import { openPfx, orderChain, readCertificates, readPemBundle, type Certificate, type CertificateBundle } from "../../pki";
import type { SecretRef } from "../../remote/hosts";
import { resolvePfxPassword, resolveSecret, resolveSecretBytes } from "../../remote/secrets";
import { normalThumbprint } from "../validation";
import { isGenerated, type CertificateSource, type PemSource, type PfxSource, type RequestSource } from "./inputs";

/** The certificate that a source leads to. `privateKey` is null where the key is, or was born, on the host. */
export interface Subject {
  certificate: Certificate;
  chain: Certificate[];
  privateKey: KeyObject | null;
  /** Made on the host by this resource, in this run or in one that broke off: a delete may take it away again. */
  made?: boolean;
}

/** Opening a container costs key derivation; equal bytes and password are opened once a process. */
const opened = new Map<string, Promise<CertificateBundle>>();

/** @throws SECRET_UNAVAILABLE, PFX_…, PEM_UNREADABLE, KEY_MISMATCH */
export async function openSource(source: PfxSource | PemSource | RequestSource): Promise<Subject> {
  if ("pfx" in source) {
    const [bytes, password] = await Promise.all([resolveSecretBytes(source.pfx), resolvePfxPassword(source.password)]);
    return once([bytes.toString("base64"), password], () => openPfx(bytes, password));
  }
  if ("request" in source) return openAnswer(source);
  const privateKey = await resolveSecret(source.privateKey);
  const privateKeyPassword = source.privateKeyPassword === undefined ? undefined : await resolveSecret(source.privateKeyPassword);
  const certificate = await publicText(source.certificate);
  const chain = source.chain === undefined || Array.isArray(source.chain) ? source.chain : await publicText(source.chain);
  return readPemBundle({ certificate, privateKey, privateKeyPassword, chain });
}

/** A certificate is no secret: only a reference to one is resolved. */
function publicText(value: SecretRef): string | Promise<string> {
  return typeof value === "string" ? value : resolveSecret(value);
}

function openAnswer(source: RequestSource): Subject {
  const extra = source.chain === undefined ? [] : Array.isArray(source.chain) ? source.chain : [source.chain];
  const [certificate, ...rest] = [source.certificate, ...extra].flatMap((pem) => readCertificates(pem));
  return { certificate: certificate, chain: orderChain(certificate, rest), privateKey: null };
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

/** What can be said offline: everything for a certificate in hand, the thumbprint alone for an export, nothing for one to be made. */
export async function offlineFacts(source: CertificateSource): Promise<{ certificate: Certificate | null; facts: JsonObject }> {
  if (isGenerated(source)) return { certificate: null, facts: {} };
  if ("export" in source) return { certificate: null, facts: { thumbprint: normalThumbprint(source.export.thumbprint) } };
  const { certificate, chain } = await openSource(source);
  return { certificate, facts: { ...certificateFacts(certificate), chainThumbprints: chain.map((one) => one.thumbprint) } };
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
