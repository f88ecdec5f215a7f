/** Error classes of the agent → our codes. Decided by class and ids, never by text, which may be localised. */
import { ExchangeError, type ErrorCode } from "../base/errors";
import { shortened } from "../base/hostText";
import { redact } from "../base/redact";
import { isMutation, type AgentError, type AgentErrorClass, type Operation } from "./protocol";

/** What was asked of which host: for the sentence. Of the parameters it holds an authority's name alone. */
export interface Asked {
  host: string;
  op: Operation;
  cmdlet?: string;
  /** `host\name` of the certification authority that a request is for. */
  ca?: string;
  mutating: boolean;
}

/** What is asked, in words: `Set-SendConnector` or `service.stop`. */
export function describeAsked(asked: Pick<Asked, "op" | "cmdlet">): string {
  return asked.cmdlet ?? asked.op;
}

/** Builds `Asked` from a request. */
export function asked(host: string, op: Operation, params: unknown): Asked {
  const cmdlet = op === "invoke" ? String((params as { cmdlet?: unknown }).cmdlet) : undefined;
  const ca = op === "certreq.submit" || op === "certreq.retrieve" ? String((params as { ca?: unknown }).ca) : undefined;
  return { host, op, cmdlet, ca, mutating: isMutation(op, cmdlet ?? "") };
}

const CODES: Record<AgentErrorClass, ErrorCode> = {
  BadRequest: "AGENT_REFUSED",
  UnknownOperation: "AGENT_REFUSED",
  TooLarge: "AGENT_REFUSED",
  NotAllowed: "AGENT_REFUSED",
  ShellUnavailable: "EXCHANGE_MISSING",
  CredentialNeeded: "SHELL_CREDENTIAL",
  CommandNotFound: "AGENT_REFUSED",
  CmdletFailed: "CMDLET_FAILED",
  PromptRefused: "CMDLET_FAILED",
  FenceRequired: "AGENT_REFUSED",
  Fenced: "FENCED",
  Busy: "HOST_BUSY",
  FenceDamaged: "FENCE_DAMAGED",
  FileFailed: "JOURNAL_UNWRITABLE",
  ServiceNotFound: "SERVICE_FAILED",
  ServiceFailed: "SERVICE_FAILED",
  GuardRefused: "AGENT_REFUSED",
  ExecutableFailed: "REQUEST_NOT_ISSUED",
  Internal: "AGENT_REFUSED",
};

/** A certificate that is made has no authority which could issue it. */
function codeOf({ op }: Asked, given: AgentErrorClass): ErrorCode {
  if (op === "certificate.makeSelfSigned" && given === "ExecutableFailed") return "CERTIFICATE_NOT_MADE";
  return CODES[given] ?? "AGENT_REFUSED";
}

/** The error of a reply with `ok: false`. `details` holds class, type, fqid, category, inner, text and, for a question, prompt. */
export function replyError(about: Asked, error: AgentError): ExchangeError {
  const { type, fqid, category, inner } = error;
  const text = redact(String(error.message ?? "")).trim();
  const { short, more } = shortened(text);
  return new ExchangeError(codeOf(about, error.class), `${about.host}: ${whatHappened(about, error)}: ${short}`, {
    host: about.host,
    more,
    hint: about.ca !== undefined && error.class === "ExecutableFailed" ? authorityHint(about) : undefined,
    // The agent does not know how far it came.
    unknown: error.class === "Internal" && about.mutating,
    details: {
      class: error.class,
      ...(about.cmdlet ? { cmdlet: about.cmdlet } : {}),
      type,
      fqid,
      category,
      inner,
      text,
      ...(error.class === "PromptRefused" ? { prompt: true } : {}),
    },
  });
}

function whatHappened(about: Asked, error: AgentError): string {
  if (error.class === "ExecutableFailed" && about.ca !== undefined)
    return about.op === "certreq.submit"
      ? `certreq could not hand the request to ${about.ca}`
      : `certreq could not ask ${about.ca} what became of the request`;
  const asks = error.class === "PromptRefused" ? "asked a question that nobody can answer here" : "failed";
  return `${describeAsked(about)} ${asks}`;
}

/** certreq reached no authority, or it did not answer. */
function authorityHint({ host }: Asked): string {
  return (
    `Compare source.adcs.ca with what \`certutil\` without arguments shows on ${host} as Config (host\\name), see that its service runs and that ` +
    `${host} reaches it by RPC (TCP 135 and above 49151), and log on with a password: a key logon brings no network credentials. ` +
    "Then run again: it goes on with the same request."
  );
}
