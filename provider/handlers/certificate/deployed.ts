/**
 * Which certificate the stack has of a resource, as `diff` was told in this process. A create is not told: what its resource's claim names on the
 * host beside that one was made by a run that ended before it could say so.
 */
import type { InstalledCertificate } from "../../exchange/certificates";
import { currentOf, otherOwners, recordOf, type ClaimBook } from "../../rotation/claims";
import type { Handler } from "../types";

/** Owner → thumbprint in state. */
const deployed = new Map<string, string>();

/** The same handler, whose `diff` makes known which certificate state has. */
export function knowing(handler: Handler): Handler {
  return {
    ...handler,
    diff: (ctx, id, olds, news) => {
      if (typeof news.owner === "string" && typeof olds.thumbprint === "string") deployed.set(news.owner, olds.thumbprint);
      return handler.diff(ctx, id, olds, news);
    },
  };
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
