/** Error classes of the agent → our codes. Decided by class and ids, never by text, which may be localised. */
import { ExchangeError, type ErrorCode } from "../base/errors";
import { redact } from "../base/redact";
import { isMutation, type AgentError, type AgentErrorClass, type Operation } from "./protocol";

/** What was asked of which host: for the sentence. Never holds parameter values. */
export interface Asked {
  host: string;
  op: Operation;
  cmdlet?: string;
  mutating: boolean;
}

/** What is asked, in words: `Set-SendConnector` or `service.stop`. */
export function describeAsked(asked: Pick<Asked, "op" | "cmdlet">): string {
  return asked.cmdlet ?? asked.op;
}

/** Builds `Asked` from a request. */
export function asked(host: string, op: Operation, params: unknown): Asked {
  const cmdlet = op === "invoke" ? String((params as { cmdlet?: unknown }).cmdlet) : undefined;
  return { host, op, cmdlet, mutating: isMutation(op, cmdlet ?? "") };
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
  Busy: "LEASE_HELD",
  FileFailed: "JOURNAL_UNWRITABLE",
  ServiceNotFound: "SERVICE_FAILED",
  ServiceFailed: "SERVICE_FAILED",
  GuardRefused: "AGENT_REFUSED",
  ExecutableFailed: "AGENT_REFUSED",
  Internal: "AGENT_REFUSED",
};

/** The error of a reply with `ok: false`. `details` holds class, type, fqid, category, inner, text and, for a question, prompt. */
export function replyError(about: Asked, error: AgentError): ExchangeError {
  const { type, fqid, category, inner } = error;
  const text = redact(String(error.message ?? "")).trim();
  const what = describeAsked(about);
  const asks = error.class === "PromptRefused" ? " asked a question that nobody can answer here" : " failed";
  return new ExchangeError(CODES[error.class] ?? "AGENT_REFUSED", `${about.host}: ${what}${asks}: ${text}`, {
    host: about.host,
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
