/** Arguments of `AuthCertificate`. */
import { z } from "zod";
import { COMMON, type Arguments, type InputsOf } from "../arguments";
import { days, field, host, revisions, thumbprint } from "../validation";

/** Days left below which the next one is made: what MonitorExchangeAuthCertificate takes. */
export const RENEW_BEFORE = 60;
/** Hours until the next one becomes effective: what Microsoft's page asks for at least. */
export const EFFECTIVE_AFTER = 48;

const hours = field<number>(z.number().nonnegative().max(2000), "a number of hours, 0 to 2000");

export const ARGUMENTS = {
  ...COMMON,
  host: { is: host, changes: "state", required: true },
  renewBefore: { is: days, changes: "work", default: RENEW_BEFORE },
  effectiveAfter: { is: hours, changes: "work", default: EFFECTIVE_AFTER },
  uploadedThumbprint: { is: thumbprint, changes: "work" },
  after: { is: revisions, changes: "state" },
} as const satisfies Arguments;
export type AuthInputs = InputsOf<typeof ARGUMENTS>;
