/** `keep-default`: whatever giving key access came to, the default is what it was before transport starts (exchange.md 15.2). */
import { defaultThumbprint } from "../exchange/certificates";
import type { Step } from "../rotation/engine";
import type { LeasedShell } from "../rotation/leasedShell";
import { short } from "../rotation/reasons";
import { makeDefault } from "./enable";

export function keepDefaultStep(leased: LeasedShell, kept: string): Step {
  return {
    id: "keep-default",
    text: `make ${short(kept)} the default again`,
    probe: async () => (await defaultThumbprint(leased)) === kept,
    run: (last) => makeDefault(leased, kept, last),
  };
}
