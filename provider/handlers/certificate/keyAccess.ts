/**
 * Key access for NETWORK SERVICE without a new default (exchange.md 15.2): `-Services None -NetworkServiceAllowed`; where a build
 * refuses that, Enable without `-Force` in the non-interactive shell (the refusal to ask is the No); where a build answers Yes,
 * the old default is made the default again. Each way is read back; a swap-back happens inside the journalled, drained window.
 */
import { ExchangeError, isExchangeError } from "../../base/errors";
import { defaultThumbprint, enableServices, grantKeyAccess, inspectCertificate } from "../../exchange/certificates";
import type { Hand } from "../../rotation/hand";

export async function hasKeyAccess(hand: Hand, thumbprint: string): Promise<boolean> {
  return (await inspectCertificate(hand, thumbprint)).networkService === true;
}

/** `keepDefault` false where the certificate becomes the default anyway. @throws READ_BACK_DIFFERS when no way gives access */
export async function giveKeyAccess(hand: Hand, thumbprint: string, keepDefault: boolean): Promise<void> {
  const before = keepDefault ? await defaultThumbprint(hand) : null;
  for (const way of [() => grantKeyAccess(hand, thumbprint), () => enableServices(hand, thumbprint, ["SMTP"], false)]) {
    await attempt(way);
    await swapBack(hand, before);
    if (await hasKeyAccess(hand, thumbprint)) return;
  }
  const host = hand.facts.name;
  throw new ExchangeError("READ_BACK_DIFFERS", `${host}: NETWORK SERVICE cannot read the key of ${thumbprint}.`, { host });
}

/** A refusal is no failure here: what counts is what reading back shows. */
async function attempt(way: () => Promise<void>): Promise<void> {
  try {
    await way();
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED", "AGENT_REFUSED")) throw error;
  }
}

async function swapBack(hand: Hand, before: string | null): Promise<void> {
  if (before === null || (await defaultThumbprint(hand)) === before) return;
  await attempt(() => enableServices(hand, before, ["SMTP"], true));
  if ((await defaultThumbprint(hand)) === before) return;
  const host = hand.facts.name;
  throw new ExchangeError("READ_BACK_DIFFERS", `${host}: the default certificate changed from ${before} and cannot be set back.`, { host });
}
