/** What an authority sent back for a request. */
import { ExchangeError } from "../base/errors";
import type { Certificate } from "./certificate";
import { ofKey, readCertificates } from "./certificates";
import { inPart } from "./pem";
import { readRequest } from "./request";

/** The certificate that was issued, and everything that came with it. */
export interface Answer {
  certificate: Certificate;
  /** Other certificates, in no order. */
  pool: Certificate[];
}

/**
 * Finds the issued certificate by the request's key, whatever the order of the files and their form.
 *
 * @param request the request (PEM, base64 or DER), or the SHA-256 of its key as `CertificateRequest.publicKeySha256` has it. Anything
 *   else names no key, and the first certificate that is no authority counts.
 * @throws ExchangeError KEY_MISMATCH; CERTIFICATE_UNREADABLE (the request), PEM_UNREADABLE
 */
export function readAnswer(request: string | Uint8Array, files: readonly (string | Uint8Array)[], now: Date): Answer {
  const all = files.flatMap((file, at) => inPart(at === 0 ? "certificate" : "chain", () => readCertificates(file)));
  const key = inPart("request", () => keyOf(request));
  const certificate = key === undefined ? (all.find(({ isCa }) => !isCa) ?? all[0]) : ofKey(all, (one) => one.publicKeySha256 === key, now);
  if (!certificate) {
    const given = all.map(({ thumbprint, subject }) => `${thumbprint} (${subject})`).join(", ");
    throw new ExchangeError("KEY_MISMATCH", `None of the certificates given has the key of the request (SHA-256 ${key}): ${given}.`, {
      hint: "Have this very request signed, or give the certificate that was issued for it; a request that is made anew has another key.",
    });
  }
  return { certificate, pool: all.filter((one) => one !== certificate) };
}

function keyOf(request: string | Uint8Array): string | undefined {
  if (typeof request === "string") {
    const text = request.trim();
    if (/^[0-9A-F]{64}$/i.test(text)) return text.toUpperCase();
    if (text.length < 64) return undefined;
  }
  return readRequest(request).publicKeySha256;
}
