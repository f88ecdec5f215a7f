/**
 * The condition in which a run leaves a resource, in words (rotation.md 14, I9): `Ready`, `Issuing(step)` where the next run
 * simply goes on, `Degraded(reason)` where the old state serves again, `OperatorNeeded(reason)` where somebody has to decide.
 */
import { asExchangeError, type ErrorCode } from "../base/errors";

export const READY = "Ready";

/** Codes that running again does not mend. */
const OPERATOR: readonly ErrorCode[] = [
  "INVARIANT_VIOLATED",
  "JOURNAL_UNREADABLE",
  "JOURNAL_UNWRITABLE",
  "CLOCK_SKEW",
  "ROTATION_OPEN",
  "OBJECT_CLAIMED",
  "NAME_DIFFERS",
  "SITE_UNKNOWN",
  "SUBSCRIPTION_REFUSED",
  "CONNECTOR_WOULD_BE_LOST",
  "LDAPS_WRONG_CERTIFICATE",
  "STARTTLS_WRONG_CERTIFICATE",
  "STARTTLS_NOT_OFFERED",
  "HOST_KEY_CHANGED",
  "LOGIN_FAILED",
  "NOT_ELEVATED",
];

/** The condition after a failure. `details.step` and `details.undone` come from the engine. */
export function conditionAfter(error: unknown): string {
  const { code, details } = asExchangeError(error);
  if (details.undone === true) return `Degraded(${code}: back in service with the old certificate)`;
  if (OPERATOR.includes(code)) return `OperatorNeeded(${code})`;
  return `Issuing(${typeof details.step === "string" ? details.step : code})`;
}
