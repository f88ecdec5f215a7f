/** `make`: a self-signed certificate, by New-ExchangeCertificate or with a lifetime by the agent, or the one that an interrupted run has made. */
import { newSelfSigned } from "../exchange/certificates";
import type { Certificate } from "../pki";
import type { Step } from "../rotation/engine";
import type { LeasedShell } from "../rotation/leasedShell";

export interface Making {
  step: Step;
  /** Set once the step is done. */
  made: () => Certificate | null;
}

/** `find`: what is there already; a lost reply is resolved by it, too. */
export function makeStep(
  leased: LeasedShell,
  wanted: Parameters<typeof newSelfSigned>[1],
  find: () => Promise<Certificate | null>,
): Making {
  let made: Certificate | null = null;
  const step: Step = {
    id: "make",
    text: `make a self-signed certificate for ${wanted.domainNames.join(", ")}`,
    probe: async () => (made ??= await find()) !== null,
    run: async () => {
      made = await newSelfSigned(leased, wanted);
    },
  };
  return { step, made: () => made };
}
