/** A simulated AD CS: `certreq -submit` to one of the scenario's authorities. */
import type { Authority } from "./authority";

export interface Submission {
  disposition: "issued" | "pending" | "denied";
  requestId?: number;
  certificate?: string;
  message?: string;
}
const RPC_UNAVAILABLE = {
  code: -2147023174,
  text: "Certificate Request Processor: The RPC server is unavailable. 0x800706ba (WIN32: 1722 RPC_S_SERVER_UNAVAILABLE)",
};
const DAYS_OF: { [template: string]: number } = { webserver: 730 };

/**
 * `ca` is `host\name`; the name is the authority's common name. Templates: WebServer; `…Manual` waits for an official; others are refused.
 * @throws Error with what certreq prints, for an authority that does not answer
 */
export function submit(
  authorities: Map<string, Authority>,
  ca: string,
  template: string,
  request: string,
  requestId: number,
  now: Date,
): Submission {
  const name = ca.slice(ca.lastIndexOf("\\") + 1).toLowerCase();
  const authority = [...authorities.values()].find((authority) => authority.certificate.commonName?.toLowerCase() === name);
  // Nobody has seen the request, so it has no number: certreq itself failed.
  if (!authority) throw new Error(`certreq ended with ${RPC_UNAVAILABLE.code}: ${RPC_UNAVAILABLE.text}`);
  if (/manual$/i.test(template)) return { disposition: "pending", requestId, message: "Taken Under Submission" };
  const days = DAYS_OF[template.toLowerCase()];
  if (!days)
    return {
      disposition: "denied",
      requestId,
      message: "The requested certificate template is not supported by this CA. 0x80094800 (CERTSRV_E_UNSUPPORTED_CERT_TYPE)",
    };
  try {
    const certificate = authority.signRequest(request, { notBefore: now, notAfter: new Date(now.getTime() + days * 86_400_000) });
    return { disposition: "issued", requestId, certificate: certificate.pem };
  } catch (error) {
    return { disposition: "denied", requestId, message: (error as Error).message };
  }
}
