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
  // Made while the Edge still serves.
  const carried = privateKey && carry(task, privateKey);
  carried?.catch(() => undefined);
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
        carried ? importWithKey(task, carried) : importAnswer(leased, certificate.der, friendlyName);
      if (!keyAccess) return void (await last(install));
      await install();
      await giveKeyAccess(leased, thumbprint, keepsDefault, last);
    },
  };
}

interface Carried {
  pfx: Buffer;
  password: string;
}

/** The key travels under a one-time password, so that the long-lived one never leaves this process. */
async function carry({ certificate, lookAlike }: Installing, privateKey: KeyObject): Promise<Carried> {
  const password = oneTimePassword();
  return { pfx: await writePfx({ certificate: lookAlike ?? certificate, privateKey, chain: [], password, algorithm: "3des" }), password };
}

async function importWithKey({ leased, friendlyName, exportable }: Installing, carried: Promise<Carried>): Promise<void> {
  await importCertificate(leased, { ...(await carried), friendlyName, exportable });
}
