/**
 * Whether the Edge will trust the issuer, asked before it is drained: transport passes untrusted and revoked certificates over (exchange.md
 * 15.3), so the Edge would come back without the certificate. The host builds the chain itself, with what the source brings.
 */
import { ExchangeError, isExchangeError } from "../../base/errors";
import type { Shell } from "../../exchange/shell";
import type { ChainTrust } from "../../remote/protocol";
import type { Gathered } from "./gather";
import type { CertificateInputs } from "./inputs";
import type { Subject } from "./source";
import { isPassedOver, untrusted } from "../../steps/trust";
import { needsDrain, type Touching } from "./work";

/** Not inside an open window: there the look after the import puts the Edge back. @throws CERTIFICATE_UNTRUSTED, CERTIFICATE_REVOKED */
export async function refuseUntrusted(
  shell: Shell,
  inputs: CertificateInputs,
  now: Pick<Gathered, "isEdge" | "journal">,
  work: Touching,
  subject: Subject,
  today: Date,
): Promise<void> {
  if (now.journal?.open || subject.certificate.selfSigned || !needsDrain(inputs, now, work)) return;
  const trust = await askTrust(shell, subject);
  const host = shell.facts.name;
  if (trust && isPassedOver(trust.status, subject, today)) throw untrusted(host, subject, trust.problems);
  if (trust?.status !== "Revoked") return;
  const sentence = `${host}: ${subject.certificate.thumbprint}, or an issuer of it, has been revoked: transport would pass it over at STARTTLS.`;
  throw new ExchangeError("CERTIFICATE_REVOKED", sentence, { host });
}

/** Sent with the first questions: the answer stands until something is changed. */
export function trustAhead(shell: Shell, subject: Subject): void {
  if (!subject.certificate.selfSigned) void askTrust(shell, subject).catch(() => undefined);
}

/** Null where the host's agent does not know the question: then Exchange says it once the certificate is installed. */
async function askTrust(shell: Shell, { certificate, chain }: Subject): Promise<ChainTrust | null> {
  try {
    return await shell.request("chain.trust", {
      certificate: certificate.der.toString("base64"),
      chain: chain.map((one) => one.der.toString("base64")),
    });
  } catch (error) {
    if (isExchangeError(error, "AGENT_REFUSED") && error.details.class === "UnknownOperation") return null;
    throw error;
  }
}
