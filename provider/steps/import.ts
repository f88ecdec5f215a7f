/** `import`, and key access right behind it: a certificate that transport may pick must never be without it (exchange.md 7.3). */
import type { KeyObject } from "node:crypto";
import { oneTimePassword } from "../base/redact";
import { importAnswer, importCertificate, inspectCertificate } from "../exchange/certificates";
import { writePfx } from "../pki";
import type { Step } from "../rotation/engine";
import { short } from "../rotation/reasons";
import { giveKeyAccess } from "./keyAccess";
import type { Installing } from "./tasks";

export function importStep(task: Installing): Step {
  const { leased, certificate, privateKey, friendlyName, keyAccess, keepsDefault } = task;
  const { thumbprint } = certificate;
  return {
    id: "import",
    text: `import ${short(thumbprint)}${keyAccess ? " with key access" : ""}`,
    probe: async () => {
      const found = await inspectCertificate(leased, thumbprint);
      return found.found && found.hasPrivateKey === true;
    },
    ahead: () => inspectCertificate(leased, thumbprint),
    run: async (last) => {
      const install = (): Promise<unknown> =>
        privateKey ? importWithKey(task, privateKey) : importAnswer(leased, certificate.der, friendlyName);
      if (!keyAccess) return void (await last(install));
      await install();
      await giveKeyAccess(leased, thumbprint, keepsDefault, last);
    },
  };
}

/** The key travels under a one-time password, so that the long-lived one never leaves this process. */
async function importWithKey(task: Installing, privateKey: KeyObject): Promise<void> {
  const { leased, certificate, lookAlike, friendlyName, exportable } = task;
  const password = oneTimePassword();
  const pfx = await writePfx({ certificate: lookAlike ?? certificate, privateKey, chain: [], password, algorithm: "3des" });
  await importCertificate(leased, { pfx, password, friendlyName, exportable });
}
