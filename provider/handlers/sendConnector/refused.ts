/** Set-SendConnector may ask the Mailbox servers for the certificate of a name, and says so in words that differ by build (exchange.md 15.4). */
import { ExchangeError, isExchangeError } from "../../base/errors";
import { listCertificates } from "../../exchange/certificates";
import { setSendConnector } from "../../exchange/sendConnectors";
import type { Shell } from "../../exchange/shell";
import { sameTlsCertificateName } from "../../pki";
import type { Value } from "../../remote/protocol";

const HINT =
  "Install the certificate on a Mailbox server first (mailboxHosts of the component, or a Certificate with services: [] there), then run again.";

/** @throws CERTIFICATE_NOT_FOUND where Exchange refused a name that nothing on the Mailbox server carries, else what Exchange said */
export async function setNamed(
  shell: Shell,
  connector: string,
  name: string | undefined,
  changes: { [property: string]: Value },
): Promise<void> {
  try {
    await setSendConnector(shell, connector, changes);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED") || error.unknown || name === undefined) throw error;
    const installed = await listCertificates(shell).catch(() => null);
    if (installed === null || installed.some((one) => sameTlsCertificateName(one.tlsCertificateName, name))) throw error;
    const host = shell.facts.name;
    const sentence = `${host} refused "${connector}" with the name ${name}, and no certificate there has it. Exchange says: ${error.sentence}`;
    throw new ExchangeError("CERTIFICATE_NOT_FOUND", sentence, { host, hint: HINT, cause: error });
  }
}
