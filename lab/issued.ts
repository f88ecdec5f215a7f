/** Certificates that a scenario issued for programs to deploy. */
import type { LabOrganisation } from "./model/contract";

export interface IssuedCertificate {
  name: string;
  /** PKCS#12, base64. */
  pfx: string;
  password: string;
  pem: string;
  /** Private key, PEM. */
  keyPem: string;
  /** Issuers, the root last, PEM. */
  chainPem: string[];
  description: string;
}

/** The model's list: bytes where the control surface has base64. */
type Listed = Partial<Omit<IssuedCertificate, "pfx">> & { name: string; pfx: Uint8Array };

/** What the scenario issued; empty when it issued nothing. The key material is the lab's own and worthless elsewhere. */
export function issuedCertificates(organisation: LabOrganisation): IssuedCertificate[] {
  const { certificates = [] } = organisation as { certificates?: readonly Listed[] };
  return certificates.map(({ name, pfx, password = "", pem = "", keyPem = "", chainPem = [], description = "" }) => ({
    name,
    pfx: Buffer.from(pfx).toString("base64"),
    password,
    pem,
    keyPem,
    chainPem,
    description,
  }));
}
