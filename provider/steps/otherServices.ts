/** `other-services`: IIS, POP and IMAP. */
import { enableServices, listCertificates, type Service } from "../exchange/certificates";
import type { Step } from "../rotation/engine";
import { short } from "../rotation/reasons";
import { giveKeyAccess, hasKeyAccess } from "./keyAccess";
import type { Installing } from "./tasks";

export function otherServicesStep({ leased, certificate, smtp, keepsDefault }: Installing, services: Service[]): Step {
  const { thumbprint } = certificate;
  let ran = false;
  return {
    id: "other-services",
    text: `enable ${services.join(", ")} for ${short(thumbprint)}`,
    probe: async () => {
      const found = (await listCertificates(leased)).find((one) => one.thumbprint === thumbprint);
      // Where only RawData arrives there is nothing to read back: the cmdlet's success counts.
      const enabled = found?.services;
      return enabled ? services.every((service) => enabled.includes(service)) : ran && found !== undefined;
    },
    run: async () => {
      await enableServices(leased, thumbprint, services, false);
      // One support article says that fewer services than before take SMTP away (exchange.md 2.5).
      if (smtp && !(await hasKeyAccess(leased, thumbprint))) await giveKeyAccess(leased, thumbprint, keepsDefault);
      ran = true;
    },
  };
}
