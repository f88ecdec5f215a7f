/** The last look: key access, default and names as declared. Unknown is not success. */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint, inspectCertificate } from "../../exchange/certificates";
import type { Shell } from "../../exchange/shell";
import type { CertificateInputs } from "./inputs";
import type { Subject } from "./source";
import { refuseOtherName } from "./refusals";

interface Declared {
  inputs: CertificateInputs;
  subject: Subject;
}

/** `before`: the default before this run. @throws READ_BACK_DIFFERS, NAME_DIFFERS */
export async function readBack({ inputs, subject }: Declared, before: string | null, shell: Shell): Promise<void> {
  const { thumbprint } = subject.certificate;
  const host = shell.facts.name;
  const inspection = await inspectCertificate(shell, thumbprint);
  refuseOtherName(subject.certificate, inspection, host);
  if (!inputs.services.includes("SMTP")) return;
  if (inspection.networkService !== true) {
    throw new ExchangeError("READ_BACK_DIFFERS", `${host}: NETWORK SERVICE cannot read the key of ${thumbprint}.`, { host });
  }
  const current = await defaultThumbprint(shell);
  const wanted = inputs.defaultSmtp === "replace" ? thumbprint : before;
  if (current !== wanted) {
    throw new ExchangeError(
      "READ_BACK_DIFFERS",
      `${host}: the default certificate is ${current ?? "missing"}, not ${wanted ?? "missing"}.`,
      { host },
    );
  }
}
