/**
 * A simulated AD CS: `certreq -submit` and `-retrieve`, and what its officials do with the requests that wait for them. The authority keeps
 * its own list, whatever becomes of the servers. // [MS-WCCE] 3.2.1.4.2, [MS-CSRA] 3.1.4.1
 */
import type { Authority } from "./authority";

export interface Submission {
  disposition: "issued" | "pending" | "denied";
  requestId?: number;
  certificate?: string;
  message?: string;
}
export interface Retrieval {
  disposition: Submission["disposition"] | "unknown";
  requestId: number;
  certificate?: string;
  message?: string;
}
/** A row of the authority's list, as the control shows it. */
export interface AuthorityRequest {
  request: number;
  authority: string;
  template: string;
  host: string;
  disposition: Submission["disposition"];
  submitted: string;
  /** When an official decided, or the authority itself. */
  decided: string | null;
  message: string;
}
/** What an official does with a request that waits: issues it, denies it, or takes its row out of the list. */
export const DECISIONS = ["approve", "deny", "withdraw"] as const;
export type Decision = (typeof DECISIONS)[number];

interface Row extends AuthorityRequest {
  csr: string;
  days: number;
  certificate?: string;
}

const RPC_UNAVAILABLE = {
  code: -2147023174,
  text: "Certificate Request Processor: The RPC server is unavailable. 0x800706ba (WIN32: 1722 RPC_S_SERVER_UNAVAILABLE)",
};
const UNSUPPORTED = "The requested certificate template is not supported by this CA. 0x80094800 (CERTSRV_E_UNSUPPORTED_CERT_TYPE)";
const ADMIN_DENIED =
  "The request was denied by a certificate manager or CA administrator. 0x80094014 (-2146877420 CERTSRV_E_ADMIN_DENIED_REQUEST)";
const PROPERTY_EMPTY = "The requested property value is empty. 0x80094004 (-2146877436 CERTSRV_E_PROPERTY_EMPTY)";
const DAYS_OF: { [template: string]: number } = { webserver: 730, sixdays: 6, fortysevendays: 47, year: 398 };
const MANUAL = /manual$/i;

export class CertificationAuthorities {
  private readonly rows = new Map<number, Row>();
  private next = 100;

  constructor(private readonly authorities: Map<string, Authority>) {}

  /** Every request that reached an authority, oldest first. */
  get requests(): AuthorityRequest[] {
    return [...this.rows.values()].map(shown);
  }

  /**
   * `ca` is `host\name`; the name is the authority's common name. Templates: WebServer (730 days), Year, FortySevenDays, SixDays; each of
   * them, or any other name, with `Manual` behind it waits for an official; others are refused.
   * @throws Error with what certreq prints, for an authority that does not answer
   */
  submit(host: string, ca: string, template: string, request: string, now: Date): Submission {
    this.find(ca);
    const days = DAYS_OF[template.replace(MANUAL, "").toLowerCase()] ?? (MANUAL.test(template) ? DAYS_OF.webserver : undefined);
    const row: Row = {
      request: this.next++,
      authority: ca,
      template,
      host,
      disposition: "pending",
      submitted: now.toISOString(),
      decided: null,
      message: "Taken Under Submission",
      csr: request,
      days: days ?? 0,
    };
    this.rows.set(row.request, row);
    if (!days) this.decide(row, "denied", UNSUPPORTED, now);
    else if (!MANUAL.test(template)) this.issue(row, now);
    return answerOf(row);
  }

  /** What became of a request; a number that this authority does not have is `unknown`. // [MS-WCCE] 3.2.1.4.3.1.2 */
  retrieve(ca: string, requestId: number): Retrieval {
    this.find(ca);
    const row = this.rows.get(requestId);
    if (!row || !sameName(row.authority, ca)) return { disposition: "unknown", requestId, message: PROPERTY_EMPTY };
    return answerOf(row);
  }

  /** An official's decision. A denied request may be issued after all. @throws Error for a number that is not there, or decided already */
  resolve(requestId: number, decision: Decision, now: Date): AuthorityRequest {
    const row = this.rows.get(requestId);
    if (!row) throw new Error(`No authority has a request ${requestId}.`);
    if (row.disposition === "issued") throw new Error(`Request ${requestId} was issued already.`);
    if (decision === "deny" && row.disposition === "denied") throw new Error(`Request ${requestId} was denied already.`);
    if (decision === "withdraw") this.rows.delete(requestId);
    else if (decision === "deny") this.decide(row, "denied", ADMIN_DENIED, now);
    else this.issue(row, now);
    return shown(row);
  }

  private issue(row: Row, now: Date): void {
    const end = new Date(now.getTime() + row.days * 86_400_000);
    try {
      row.certificate = this.find(row.authority).signRequest(row.csr, { notBefore: now, notAfter: end }).pem;
      this.decide(row, "issued", "Issued", now);
    } catch (error) {
      this.decide(row, "denied", (error as Error).message, now);
    }
  }

  private decide(row: Row, disposition: Submission["disposition"], message: string, now: Date): void {
    Object.assign(row, { disposition, message, decided: now.toISOString() });
  }

  private find(ca: string): Authority {
    const authority = [...this.authorities.values()].find(({ certificate }) => sameName(certificate.commonName ?? "", ca));
    // Nobody has seen the request, so it has no number: certreq itself failed.
    if (!authority) throw new Error(`certreq ended with ${RPC_UNAVAILABLE.code}: ${RPC_UNAVAILABLE.text}`);
    return authority;
  }
}

function shown({ csr: _csr, days: _days, certificate: _certificate, ...row }: Row): AuthorityRequest {
  return row;
}

function answerOf({ disposition, request: requestId, certificate, message }: Row): Submission & { requestId: number } {
  return certificate ? { disposition, requestId, certificate } : { disposition, requestId, message };
}

const nameOf = (ca: string): string => ca.slice(ca.lastIndexOf("\\") + 1).toLowerCase();
const sameName = (one: string, other: string): boolean => nameOf(one) === nameOf(other);
