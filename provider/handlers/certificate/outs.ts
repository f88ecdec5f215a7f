/** Outputs of a certificate that are not its derived inputs. */
import { plain, type JsonObject } from "../../base/json";
import { defaultThumbprint, listCertificates } from "../../exchange/certificates";
import type { Shell } from "../../exchange/shell";
import { isGenerated, type CertificateInputs } from "./inputs";

/** `enabledServices` and `isDefaultSmtp` as the host shows them; declared services stand in where only RawData arrives. */
export async function observe(
  shell: Shell,
  thumbprint: string,
  declared: readonly string[],
  byDefault = defaultThumbprint,
): Promise<JsonObject> {
  const [installed, current] = await Promise.all([listCertificates(shell), byDefault(shell)]);
  const found = installed.find((one) => one.thumbprint === thumbprint);
  const services = found ? (found.services ?? declared) : [];
  return { enabledServices: [...services].sort(), isDefaultSmtp: current === thumbprint };
}

/**
 * The inputs as outputs. Only the source of a generated certificate stays: it holds no secret, and `diff` sees outputs alone. What a
 * component tells of the rest of the program is no output: a change of it is no change of the certificate.
 */
export function echo(inputs: CertificateInputs): JsonObject {
  const { source, formerOwner: _former, lookAhead: _ahead, ...rest } = inputs;
  return plain({ ...rest, ...(isGenerated(source) ? { source } : {}) }) as unknown as JsonObject;
}
