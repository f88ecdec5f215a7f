/** What the parts of restoring a copied organisation share. */
import type { Copy } from "./copySchema";
import type { Lab } from "./lab";
import type { LookAlikes } from "./lookAlike";
import type { Certificate } from "./x509";

export interface Restoring {
  lab: Lab;
  copy: Copy;
  certificates: ReadonlyMap<string, Certificate>;
  lookAlikes: LookAlikes;
  /** Milliseconds since the copy was taken: what is told relative to then moves along. */
  age: number;
}

export function certificateOf(certificates: ReadonlyMap<string, Certificate>, thumbprint: string): Certificate {
  const found = certificates.get(thumbprint);
  if (!found) throw new Error(`The copy names the certificate ${thumbprint} and does not hold it.`);
  return found;
}
