/**
 * Which certificate the stack has of a resource, as `diff` was told in this process. A create is not told: what its resource's claim names on the
 * host beside that one was made by a run that ended before it could say so.
 */
import type { JsonObject } from "../../base/json";
import type { InstalledCertificate } from "../../exchange/certificates";
import { currentOf, otherOwners, recordOf, type ClaimBook } from "../../rotation/claims";

/** Owner → thumbprint in state. */
const deployed = new Map<string, string>();

/** @param olds outputs of the last run */
export function noteDeployed({ owner }: JsonObject, { thumbprint }: JsonObject): void {
  if (typeof owner === "string" && typeof thumbprint === "string") deployed.set(owner, thumbprint);
}

/** The installed certificate that an ended run has claimed for this resource alone, and that state does not have. */
export function claimedByEndedRun(
  book: ClaimBook,
  installed: readonly InstalledCertificate[],
  owner: string,
): InstalledCertificate | undefined {
  const thumbprint = currentOf(book, "certificate", owner);
  if (thumbprint === null || thumbprint === deployed.get(owner)) return undefined;
  const record = recordOf(book, "certificate", thumbprint);
  if (!record?.made || otherOwners(book, "certificate", thumbprint, owner).length > 0) return undefined;
  return installed.find((one) => one.thumbprint === thumbprint && one.hasPrivateKey);
}
