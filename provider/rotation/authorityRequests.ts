/**
 * Requests that a certification authority has, and what it said of them: one file a resource on the server whose key they are for. The intent
 * is written before the request is handed over, so that a run that breaks off there is known; the number follows with the answer.
 */
import { createHash } from "node:crypto";
import type { Shell } from "../exchange/shell";
import { readJson, removeFile, writeJson } from "./files";

/**
 * What is known of a request: `submitting` has no answer yet, `issued` was answered and is not installed yet; `withdrawn` is not at the
 * authority any more, nor is what is `denied` without a number: the same request is submitted anew.
 */
export type RequestState = "submitting" | "pending" | "denied" | "issued" | "withdrawn";

export interface AuthorityRequest {
  schema: 1;
  owner: string;
  /** Of the resource that waits for it: another one's delete leaves it alone. */
  claim: string;
  /** `host\name` of the authority. */
  authority: string;
  template: string;
  /** What was declared, as a hash: a request for something else is not taken up. */
  declared: string;
  /** The request itself, base64 DER: no secret, and not to be had where only RawData arrives (exchange.md 1.3). */
  csr: string;
  publicKeySha256: string;
  /** The authority's number; null while its answer is not known, and where the authority is not to be asked for it any more. */
  number: number | null;
  state: RequestState;
  /** When it was handed over, and when the authority was last asked: the server's clock, ISO 8601 UTC. */
  since: string;
  seen: string;
  /** The authority's last words. */
  message: string;
  /** Idempotency key of the submission: the agent gives a repeated one the reply that it has stored. */
  key: string;
}

const FOLDER = "requests";
const path = (owner: string): string => `${FOLDER}/${createHash("sha256").update(owner).digest("hex").slice(0, 16)}.json`;

export function readAuthorityRequest(shell: Shell, owner: string): Promise<AuthorityRequest | null> {
  return readJson<AuthorityRequest>(shell, path(owner));
}
export function keepAuthorityRequest(leased: Shell, request: AuthorityRequest): Promise<void> {
  return writeJson(leased, path(request.owner), request);
}
export function forgetAuthorityRequest(leased: Shell, owner: string): Promise<void> {
  return removeFile(leased, path(owner));
}
