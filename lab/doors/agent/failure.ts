/** What an operation throws to become an error reply. */
import type { AgentError, AgentErrorClass } from "../../../provider/remote/protocol";
import { CmdletFailure } from "../../model/contract";

export class AgentFailure extends Error {
  constructor(
    readonly kind: AgentErrorClass,
    message: string,
    readonly extra: Omit<AgentError, "class" | "message"> = {},
  ) {
    super(message);
  }
}

/** Longest message of a reply. */
const MAX_MESSAGE = 8000;

/** Any thrown value as the error of a reply; `fallback` is the class of errors that the model throws bare. */
export function asAgentError(error: unknown, fallback: AgentErrorClass = "Internal"): AgentError {
  const full = describe(error, fallback);
  return { ...full, message: full.message.slice(0, MAX_MESSAGE) };
}

function describe(error: unknown, fallback: AgentErrorClass): AgentError {
  if (error instanceof AgentFailure) return { class: error.kind, message: error.message, ...error.extra };
  if (error instanceof CmdletFailure) {
    const { kind, message, type, fqid, category } = error;
    return { class: kind, message, type, fqid, category };
  }
  const { kind } = (error ?? {}) as { kind?: unknown };
  const own = kind === "ServiceNotFound" || kind === "ServiceFailed" ? kind : fallback;
  return { class: own, message: error instanceof Error ? error.message : String(error) };
}
