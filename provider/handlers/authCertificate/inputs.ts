/** Arguments of `AuthCertificate`. */
import { z } from "zod";
import type { JsonObject } from "../../base/json";
import type { HostConnection } from "../../remote/hosts";
import { COMMON, days, host, required, revisions, thumbprint, withNormalThumbprint, zodTest, type Fields } from "../validation";

/** Days left below which the next one is made: what MonitorExchangeAuthCertificate takes. */
export const RENEW_BEFORE = 60;
/** Hours until the next one becomes effective: what Microsoft's page asks for at least. */
export const EFFECTIVE_AFTER = 48;

export interface AuthInputs {
  host: HostConnection;
  renewBefore: number;
  effectiveAfter: number;
  uploadedThumbprint?: string;
  owner: string;
}

export const FIELDS: Fields = {
  ...COMMON,
  host: required(host),
  renewBefore: days,
  effectiveAfter: { test: zodTest(z.number().nonnegative().max(2000), "a number of hours, 0 to 2000") },
  uploadedThumbprint: thumbprint,
  after: revisions,
};

export function withDefaults(news: JsonObject): JsonObject {
  return {
    ...news,
    renewBefore: news.renewBefore ?? RENEW_BEFORE,
    effectiveAfter: news.effectiveAfter ?? EFFECTIVE_AFTER,
    onUnreachable: news.onUnreachable ?? "fail",
    ...(news.uploadedThumbprint === undefined ? {} : { uploadedThumbprint: withNormalThumbprint(news.uploadedThumbprint) }),
  };
}
