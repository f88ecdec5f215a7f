/**
 * One certificate leaves a host's store: the one place that takes it out. There are several ways, and callers say which of
 * them may be tried, in order: the cmdlet with its own refusals (exchange.md 2.6), or the agent, which checks its guards on the host
 * right before (15.2). What is not there any more has gone.
 */
import { asExchangeError, isExchangeError, type ExchangeError } from "../base/errors";
import { inspectCertificate, removeCertificate } from "../exchange/certificates";
import type { Shell } from "../exchange/shell";

/**
 * `cmdlet`: Remove-ExchangeCertificate; `drained`: out of the store beside `keep`, with transport stopped; `replaced`: a copy on a Mailbox
 * server, which `keep` has replaced, with transport running.
 */
export type Way = { by: "cmdlet" } | { by: "drained"; keep: string; default?: string } | { by: "replaced"; keep: string };
/** `refused`: the last way's refusal, where the certificate is still there. */
export type Removal = { gone: true } | { gone: false; refused: ExchangeError };

export const BY_CMDLET: Way = { by: "cmdlet" };

/** Tries the ways in order until the certificate has gone. @throws what is no refusal, a lost connection above all */
export async function removeFromStore(leased: Shell, thumbprint: string, ways: readonly [Way, ...Way[]]): Promise<Removal> {
  let refused: ExchangeError | undefined;
  for (const way of ways) {
    try {
      await leave(leased, thumbprint, way);
      return { gone: true };
    } catch (error) {
      if (!isExchangeError(error, "AGENT_REFUSED", "CMDLET_FAILED")) throw error;
      refused = asExchangeError(error);
    }
  }
  return (await inspectCertificate(leased, thumbprint)).found ? { gone: false, refused: refused! } : { gone: true };
}

async function leave(leased: Shell, thumbprint: string, way: Way): Promise<void> {
  if (way.by === "cmdlet") return removeCertificate(leased, thumbprint);
  if (way.by === "replaced") return void (await leased.request("certificate.removeReplaced", { thumbprint, keep: way.keep }));
  const { keep, default: expected } = way;
  await leased.request("certificate.remove", { thumbprint, keep, ...(expected === undefined ? {} : { default: expected }) });
}
