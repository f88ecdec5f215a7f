/**
 * How a command ends: 0 done, 1 it could not (with code and hint), 2 wrong use or a host that cannot be reached, 3 something is due
 * (`report --fail-under`).
 */
import { CommanderError } from "commander";
import { asExchangeError, type ErrorCode, type ExchangeError } from "../base/errors";
import { redact } from "../base/redact";

export const DONE = 0;
export const FAILED = 1;
export const NO_ACCESS = 2;
export const DUE = 3;
export type ExitCode = typeof DONE | typeof FAILED | typeof NO_ACCESS | typeof DUE;

/** What ends a command from outside. */
export const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Nothing was done on any host: wrong use, or no way in. */
const BEFORE_ANY_WORK: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "INVALID_ARGUMENT",
  "UNKNOWN_ARGUMENT",
  "SECRET_UNAVAILABLE",
  "HOST_UNREACHABLE",
  "HOST_KEY_REQUIRED",
  "HOST_KEY_CHANGED",
  "HOST_KEY_REVOKED",
  "LOGIN_FAILED",
  "SSH_KEY_UNREADABLE",
  "SSH_ALGORITHMS",
]);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : NO_ACCESS;
  return BEFORE_ANY_WORK.has(asExchangeError(error).code) ? NO_ACCESS : FAILED;
}

/** Whether a server cannot be entered at all, as opposed to having refused some work. */
export function noWayIn(error: unknown): error is ExchangeError {
  return exitCodeOf(error) === NO_ACCESS || asExchangeError(error).code === "CONNECTION_LOST";
}

/** An error for people: code and sentence, the hint on a line of its own. */
export function inWords(error: unknown): string {
  const { code, sentence, hint, more } = asExchangeError(error);
  return redact(`[${code}] ${sentence}\n  Hint: ${hint}${more === undefined ? "" : `\n  In full: ${more}`}`);
}

/** The same on one line, without the hint. */
export function briefly(error: unknown): string {
  const { code, sentence } = asExchangeError(error);
  return redact(`[${code}] ${sentence}`);
}
