/** The site of a subscription: it must exist, and a subscription keeps its own (exchange.md 4.1). */
import { ExchangeError } from "../base/errors";
import { sameSite } from "../exchange/subscriptions";

/** `known`: the organisation's sites, null where it does not say. @throws SITE_UNKNOWN */
export function refuseUnknownSite(site: string, known: string[] | null, host: string): void {
  if (known === null || known.some((one) => sameSite(one, site))) return;
  throw new ExchangeError("SITE_UNKNOWN", `${host} knows no Active Directory site ${site} (known: ${known.join(", ")}).`, { host });
}

/** @throws SITE_UNKNOWN */
export function refuseOtherSite(edge: string, present: string, declared: string): never {
  throw new ExchangeError("SITE_UNKNOWN", otherSite(edge, present, declared), {
    host: edge,
    hint: `Set site to "${present}", or remove the subscription by hand first.`,
  });
}

export function otherSite(edge: string, present: string, declared: string): string {
  return `${edge} is subscribed to site ${present}, not ${declared}; a subscription keeps its site.`;
}
