/** `chain`: what is missing of the certificate's chain goes into the host's CA and Root stores. */
import type { Step } from "../rotation/engine";
import type { Installing } from "./tasks";

export function chainStep({ leased, chain }: Pick<Installing, "leased" | "chain">): Step {
  const thumbprints = chain.map((one) => one.thumbprint);
  return {
    id: "chain",
    text: "install missing chain certificates",
    probe: async () => (await leased.request("chain.status", { thumbprints })).present.length === thumbprints.length,
    run: async () => {
      const present = new Set((await leased.request("chain.status", { thumbprints })).present);
      const missing = chain.filter((one) => !present.has(one.thumbprint));
      await leased.request("chain.import", { certificates: missing.map((one) => one.der.toString("base64")) });
    },
  };
}
