/** `enable`: SMTP, with the certificate as the new default. */
import { isExchangeError } from "../base/errors";
import { warn } from "../base/progress";
import { defaultThumbprint, enableServices } from "../exchange/certificates";
import { noteDefaultChange } from "../rotation/defaults";
import { alone, type Last, type Step } from "../rotation/engine";
import type { LeasedShell } from "../rotation/leasedShell";
import { short } from "../rotation/reasons";

export function enableStep(leased: LeasedShell, thumbprint: string): Step {
  return {
    id: "enable",
    text: `enable SMTP for ${short(thumbprint)} as the new default`,
    probe: async () => (await defaultThumbprint(leased)) === thumbprint,
    ahead: () => defaultThumbprint(leased),
    run: (last) => makeDefault(leased, thumbprint, last),
  };
}

/**
 * On a Mailbox server the cmdlet fails *after* the default has changed when EdgeSync's credentials cannot be encrypted anew, as
 * with an old default that is gone (exchange.md 15.1). That is the subscriptions' matter: what counts here is the default.
 */
export async function makeDefault(leased: LeasedShell, thumbprint: string, last: Last = alone): Promise<void> {
  try {
    await last(() => enableServices(leased, thumbprint, ["SMTP"], true));
    await noteDefaultChange(leased, thumbprint);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED") || (await defaultThumbprint(leased)) !== thumbprint) throw error;
    const advice = "every Edge of its site has to be subscribed again (EdgeSubscription with organizationThumbprints)";
    await noteDefaultChange(leased, thumbprint);
    warn(`${leased.facts.name}: ${short(thumbprint)} is the default now; ${advice}. Exchange said: ${error.sentence}`);
  }
}
