/** `restore-default`: the certificate of before is the default again. */
import { defaultThumbprint, enableServices } from "../exchange/certificates";
import type { Step } from "../rotation/engine";
import type { LeasedShell } from "../rotation/leasedShell";
import { short } from "../rotation/reasons";

export function restoreDefaultStep(leased: LeasedShell, thumbprint: string): Step {
  return {
    id: "restore-default",
    text: `make ${short(thumbprint)} the default again`,
    probe: async () => (await defaultThumbprint(leased)) === thumbprint,
    ahead: () => defaultThumbprint(leased),
    run: (last) => last(() => enableServices(leased, thumbprint, ["SMTP"], true)),
  };
}
