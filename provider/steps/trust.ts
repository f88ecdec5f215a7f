/**
 * `trust`: what was asked before the drain, as Exchange itself shows it once the certificate is installed, which is before the default
 * changes: a failure here puts the Edge back (exchange.md 15.3).
 */
import { ExchangeError } from "../base/errors";
import { listCertificates } from "../exchange/certificates";
import type { Certificate } from "../pki";
import type { Step } from "../rotation/engine";
import { short } from "../rotation/reasons";
import type { Installing } from "./tasks";

export function trustStep({ leased, certificate }: Pick<Installing, "leased" | "certificate">, today: Date): Step {
  const { thumbprint } = certificate;
  const passedOver = async (): Promise<boolean> =>
    (await listCertificates(leased)).some((one) => one.thumbprint === thumbprint && isPassedOver(one.status, { certificate }, today));
  return {
    id: "trust",
    text: `see whether the issuer of ${short(thumbprint)} is trusted`,
    probe: async () => !(await passedOver()),
    ahead: passedOver,
    run: () => Promise.reject(untrusted(leased.facts.name, { certificate })),
  };
}

/** An issuer that has expired makes the certificate DateInvalid, though its own dates are right. */
export function isPassedOver(status: string, { certificate }: { certificate: Certificate }, today: Date): boolean {
  return status === "Untrusted" || (status === "DateInvalid" && certificate.notBefore <= today && today <= certificate.notAfter);
}

/** `problems`: why, in .NET's words, where the host told. */
export function untrusted(host: string, { certificate }: { certificate: Certificate }, problems: readonly string[] = []): ExchangeError {
  const { thumbprint, issuer } = certificate;
  const told = problems.length > 0 ? ` (${problems.join(", ")})` : "";
  const sentence = `${host} does not trust the issuer of ${thumbprint} (${issuer}): transport would pass it over at STARTTLS${told}.`;
  return new ExchangeError("CERTIFICATE_UNTRUSTED", sentence, { host });
}
