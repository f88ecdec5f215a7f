/** What speaks against setting a send connector, in order (handlers/refusals.ts). */
import { ExchangeError } from "../../base/errors";
import { sameTlsCertificateName } from "../../pki";
import { refuseBlind, smtpOf } from "../../rotation/doors";
import { where, type Chain } from "../refusals";
import type { Gathered } from "./gather";
import type { ConnectorInputs } from "./inputs";

export interface Facts extends Gathered {
  inputs: ConnectorInputs;
  /** Whether an earlier run still owes restarts. */
  owed: boolean;
}

/** Every source must be able to resolve the name before it flips. */
const named = where<Facts>(({ inputs }) => inputs.tlsCertificateName !== undefined);
/** Where transport of the sources is going to be restarted. */
const restarting = where<Facts>(({ changes, owed }) => owed || Object.keys(changes).length > 0);

export const REFUSALS: Chain<Facts> = [
  named(refuseWithoutCertificate),
  named(refuseOtherPrint),
  named(refuseUndeclaredSource),
  restarting(refuseUnseen),
];

/** @throws SOURCE_WITHOUT_CERTIFICATE */
function refuseWithoutCertificate({ sources, inputs }: Facts): void {
  const without = sources.find(({ inspection }) => !inspection.found || inspection.hasPrivateKey === false);
  if (!without) return;
  const host = without.session.facts.name;
  const sentence = `${host} is a source of "${inputs.connector}" and does not have ${without.server.thumbprint} with its key.`;
  throw new ExchangeError("SOURCE_WITHOUT_CERTIFICATE", sentence, { host });
}

/** @throws NAME_DIFFERS */
function refuseOtherPrint({ sources, inputs }: Facts): void {
  for (const { session, server, inspection } of sources) {
    const host = session.facts.name;
    const printed = `<I>${inspection.issuer ?? ""}<S>${inspection.subject ?? ""}`;
    if (sameTlsCertificateName(printed, inputs.tlsCertificateName)) continue;
    const sentence = `${host} prints ${server.thumbprint} as ${printed}, "${inputs.connector}" would carry ${inputs.tlsCertificateName}.`;
    throw new ExchangeError("NAME_DIFFERS", sentence, { host });
  }
}

/** @throws SOURCE_WITHOUT_CERTIFICATE */
function refuseUndeclaredSource({ foreign, changes, inputs }: Facts): void {
  if (foreign.length === 0 || changes.TlsCertificateName === undefined) return;
  const sentence = `${foreign.join(", ")}: source of "${inputs.connector}" but not among sources, so nobody knows whether the new name resolves there.`;
  throw new ExchangeError("SOURCE_WITHOUT_CERTIFICATE", sentence, { host: foreign[0] });
}

/** A restart ends with a look at STARTTLS. @throws FORWARDING_REFUSED */
async function refuseUnseen({ sources }: Facts): Promise<void> {
  const edges = sources.filter(({ session }) => session.facts.role === "Edge");
  await refuseBlind(...edges.map(({ server, session }) => smtpOf(server.host, session)));
}
