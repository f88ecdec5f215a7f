/**
 * `key-access`: NETWORK SERVICE may read the key, without a new default (exchange.md 15.2): `-Services None -NetworkServiceAllowed`; where a build
 * refuses that, Enable without `-Force` in the non-interactive shell (the refusal to ask is the No); where a build answers Yes,
 * the old default is made the default again. Each way is read back; a swap-back happens inside the journalled, drained window.
 */
import { ExchangeError, isExchangeError } from "../base/errors";
import { defaultThumbprint, enableServices, grantKeyAccess, inspectCertificate } from "../exchange/certificates";
import { alone, type Last, type Step } from "../rotation/engine";
import type { LeasedShell } from "../rotation/leasedShell";
import { short } from "../rotation/reasons";
import type { Installing } from "./tasks";

export function keyAccessStep({ leased, certificate, keepsDefault }: Pick<Installing, "leased" | "certificate" | "keepsDefault">): Step {
  const { thumbprint } = certificate;
  return {
    id: "key-access",
    text: `let NETWORK SERVICE read the key of ${short(thumbprint)}`,
    probe: () => hasKeyAccess(leased, thumbprint),
    ahead: () => hasKeyAccess(leased, thumbprint),
    run: (last) => giveKeyAccess(leased, thumbprint, keepsDefault, last),
  };
}

export async function hasKeyAccess(leased: LeasedShell, thumbprint: string): Promise<boolean> {
  return (await inspectCertificate(leased, thumbprint)).networkService === true;
}

/** `keepDefault` false where the certificate becomes the default anyway. @throws READ_BACK_DIFFERS when no way gives access */
export async function giveKeyAccess(leased: LeasedShell, thumbprint: string, keepDefault: boolean, last: Last = alone): Promise<void> {
  const before = keepDefault ? await defaultThumbprint(leased) : null;
  const refusals: ExchangeError[] = [];
  for (const way of [() => grantKeyAccess(leased, thumbprint), () => enableServices(leased, thumbprint, ["SMTP"], false)]) {
    const refusal = await attempt(() => last(way));
    if (refusal) refusals.push(refusal);
    await swapBack(leased, before);
    if (await hasKeyAccess(leased, thumbprint)) return;
  }
  throw noAccess(leased.facts.name, thumbprint, refusals);
}

/** A question that nobody answered is part of the plan; what the host said otherwise is why. */
function noAccess(host: string, thumbprint: string, refusals: ExchangeError[]): ExchangeError {
  const sentence = `${host}: NETWORK SERVICE cannot read the key of ${thumbprint}`;
  const cause = refusals.find(({ details }) => details.prompt !== true);
  if (!cause) return new ExchangeError("READ_BACK_DIFFERS", `${sentence}.`, { host });
  const { code, details } = cause;
  const more = typeof details.text === "string" && !cause.sentence.includes(details.text) ? details.text : undefined;
  return new ExchangeError(code, `${sentence}; ${cause.sentence}`, { host, hint: cause.hint, more, details, cause });
}

/** A refusal is no failure here: what counts is what reading back shows. Returns it. */
async function attempt(way: () => Promise<void>): Promise<ExchangeError | undefined> {
  try {
    await way();
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED", "AGENT_REFUSED")) throw error;
    return error;
  }
}

async function swapBack(leased: LeasedShell, before: string | null): Promise<void> {
  if (before === null || (await defaultThumbprint(leased)) === before) return;
  const refusal = await attempt(() => enableServices(leased, before, ["SMTP"], true));
  if ((await defaultThumbprint(leased)) === before) return;
  const host = leased.facts.name;
  const why = refusal ? ` ${refusal.sentence}` : "";
  throw new ExchangeError("READ_BACK_DIFFERS", `${host}: the default certificate changed from ${before} and cannot be set back.${why}`, {
    host,
    hint: refusal?.hint,
    cause: refusal,
  });
}
