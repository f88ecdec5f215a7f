/** Certificates that a scenario issued for programs to deploy. */
import type { LabOrganisation } from "./model/contract";

export interface IssuedCertificate {
  name: string;
  /** PKCS#12, base64. */
  pfx: string;
  password: string;
  pem: string;
  description: string;
}

/** What the scenario issued; empty when it issued nothing. The key material is the lab's own and worthless elsewhere. */
export function issuedCertificates(organisation: LabOrganisation): IssuedCertificate[] {
  const issued = (organisation as { certificates?: unknown }).certificates;
  const list = issued instanceof Map ? [...issued].map(([name, value]) => ({ name, ...value })) : (issued ?? []);
  return (list as (Omit<IssuedCertificate, "pfx"> & { pfx: string | Uint8Array })[]).map((item) => ({
    name: item.name,
    pfx: typeof item.pfx === "string" ? item.pfx : Buffer.from(item.pfx).toString("base64"),
    password: item.password,
    pem: item.pem,
    description: item.description ?? "",
  }));
}
