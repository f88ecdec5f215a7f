/** Outputs of a certificate that are not its derived inputs. */
import { plain, type JsonObject } from "../../base/json";
import { defaultThumbprint, listCertificates, type InstalledCertificate } from "../../exchange/certificates";
import type { Shell } from "../../exchange/shell";
import type { Task } from "../lifecycle";
import { isGenerated, type CertificateInputs } from "./inputs";
import type { Facts } from "./look";
import { certificateFacts } from "./source";

/** What the certificate says, and what the host shows of it. */
export async function outputs(task: Task<CertificateInputs>, facts: Facts, anew: boolean): Promise<JsonObject> {
  const { inputs, home } = task;
  const { thumbprint } = facts.subject!.certificate;
  const { installed, defaultThumbprint: current } = facts.now;
  const shown = anew
    ? await observe(home, thumbprint, inputs.services)
    : { ...enabled(installed, thumbprint, inputs.services), isDefaultSmtp: current === thumbprint };
  return { ...observed(task, facts), ...shown };
}

/** As far as no host is asked. */
export function observed({ home }: Task<CertificateInputs>, { subject }: Facts): JsonObject {
  return { ...certificateFacts(subject!.certificate), server: home.facts.fqdn };
}

/** `enabledServices` and `isDefaultSmtp` as the host shows them. */
export async function observe(
  shell: Shell,
  thumbprint: string,
  declared: readonly string[],
  byDefault = defaultThumbprint,
): Promise<JsonObject> {
  const [installed, current] = await Promise.all([listCertificates(shell), byDefault(shell)]);
  return { ...enabled(installed, thumbprint, declared), isDefaultSmtp: current === thumbprint };
}

/** Declared services stand in where only RawData arrives. */
function enabled(installed: readonly InstalledCertificate[], thumbprint: string, declared: readonly string[]): JsonObject {
  const found = installed.find((one) => one.thumbprint === thumbprint);
  const services = found ? (found.services ?? declared) : [];
  return { enabledServices: [...services].sort() };
}

/**
 * The inputs as outputs. Only the source of a generated certificate stays: it holds no secret, and `diff` sees outputs alone. What a
 * component tells of the rest of the program is no output: a change of it is no change of the certificate.
 */
export function echo(inputs: CertificateInputs): JsonObject {
  const { source, formerOwner: _former, lookAhead: _ahead, ...rest } = inputs;
  return plain({ ...rest, ...(isGenerated(source) ? { source } : {}) }) as unknown as JsonObject;
}
