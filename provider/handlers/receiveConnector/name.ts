/**
 * A name that nothing on the server carries, or only an expired certificate, takes STARTTLS away from the connector: it is not
 * made up for by the FQDN, as it is without a name (exchange.md 15.3).
 */
import { ExchangeError } from "../../base/errors";
import { listCertificates } from "../../exchange/certificates";
import { coverage } from "../../exchange/starttlsChoice";
import type { Shell } from "../../exchange/shell";
import { sameTlsCertificateName, unfit, validity, type Certificate } from "../../pki";

/** @throws CERTIFICATE_NOT_FOUND, CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID */
export async function refuseUnresolved(shell: Shell, name: string, now: Date): Promise<void> {
  const host = shell.facts.name;
  const named = (await listCertificates(shell)).filter((one) => one.hasPrivateKey && sameTlsCertificateName(one.tlsCertificateName, name));
  if (named.length === 0) {
    throw new ExchangeError("CERTIFICATE_NOT_FOUND", `${host} has no certificate with its key that is named ${name}.`, { host });
  }
  const reasons = named.map((one) => validity(one, now));
  const invalid = reasons.find((reason) => reason !== null);
  if (invalid && reasons.every((reason) => reason !== null)) {
    throw new ExchangeError(invalid.code, `${host}: ${invalid.sentence} No other is named ${name}.`, { host });
  }
}

/** Without a name transport looks for the FQDN: where nothing carries that, STARTTLS is gone. @throws CERTIFICATE_NOT_FOUND */
export async function refuseNameless(shell: Shell, fqdn: string, now: Date): Promise<void> {
  const isFitWithRsa = (one: Certificate): boolean => unfit(one) === null;
  const usable = (await listCertificates(shell)).filter((one) => one.hasPrivateKey && isFitWithRsa(one) && one.notBefore <= now);
  if (fqdn === "" || usable.some((one) => coverage(one, fqdn) !== null)) return;
  const host = shell.facts.name;
  throw new ExchangeError("CERTIFICATE_NOT_FOUND", `${host} has no certificate for ${fqdn}: without a name STARTTLS would go.`, { host });
}
