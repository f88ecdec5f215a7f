/**
 * `synchronise: "afterStart"`: what speaks against a start before EdgeSync has succeeded. Mail between Edge and organisation goes by direct
 * trust alone then, in both directions, and out by the replica that the Edge has (docs/adr/0025-synchronise-after-the-start.md).
 */
import { ExchangeError } from "../base/errors";
import { sameTlsCertificateName } from "../pki";

/** Why it is refused, in words. */
export const NOT_SUBSCRIBED = "its first subscription brings it all that it sends by, which EdgeSync has to carry there first";
export const RECREATES = 'method "recreate" takes it out of its connectors, which EdgeSync has to carry back first';
export const ORGANIZATION_CHANGES =
  "organizationThumbprints change: it trusts the new default certificates of Mailbox servers only once EdgeSync has carried them there";

/** Null where both are one name. */
export function otherName(before: string, after: string): string | null {
  if (sameTlsCertificateName(before, after)) return null;
  return `its certificate's name changes from ${before} to ${after}, and connectors that name it reach the Edge by EdgeSync`;
}

export function refusedAfterStart(edge: string, why: string): ExchangeError {
  return new ExchangeError("AFTER_START_REFUSED", `${edge}: synchronise "afterStart" is not safe here: ${why}.`, { host: edge });
}
