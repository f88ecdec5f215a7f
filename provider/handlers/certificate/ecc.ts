/** A certificate with an EC key: version and setting of the server decide, before anything is changed (exchange.md 17). */
import { ExchangeError } from "../../base/errors";
import { eccFacts, judgeEcc } from "../../exchange/ecc";
import { short } from "../../rotation/reasons";
import type { Facts } from "./look";

/** What was said once in a run need not be said again under the lease. */
const told = new Set<string>();

/** @throws CERTIFICATE_KEY_UNSUPPORTED */
export async function refuseEcc({ host, inputs, subject, work, warn }: Facts): Promise<void> {
  const services = [...inputs.services, ...(inputs.copyFor ?? [])];
  if (subject?.certificate.keyType !== "EC") return;
  const { thumbprint } = subject.certificate;
  const { name } = host.facts;
  const { refused, unproven } = judgeEcc(await eccFacts(host), { services, makesDefault: work.makeDefault });
  if (refused) {
    const sentence = `${name}: certificate ${thumbprint} has an EC key, and ${refused.why}.`;
    throw new ExchangeError("CERTIFICATE_KEY_UNSUPPORTED", sentence, { host: name, hint: refused.hint });
  }
  if (unproven.length === 0 || told.has(`${name}|${thumbprint}`)) return;
  told.add(`${name}|${thumbprint}`);
  warn(
    `${name}: certificate ${short(thumbprint)} has an EC key; that Exchange works with one ${unproven.join(", and ")}, no public document shows.`,
  );
}
