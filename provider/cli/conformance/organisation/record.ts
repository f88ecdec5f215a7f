/** How the organisation was before, kept on the Mailbox server until everything is back. */
import type { Shell } from "../../../exchange/shell";
import { readJson, removeFile, writeJson } from "../../../rotation/files";
import type { LeasedShell } from "../../../rotation/leasedShell";

export interface OrganisationRecord {
  taken: string;
  /** Name of the throw-away Edge. */
  edge: string;
  /** Its Active Directory site. */
  site: string;
  /** The certificate that its subscription binds. */
  bound: string;
  /** Default certificate of the Mailbox server. */
  default: string | null;
  /** Certificates in the Mailbox server's store. */
  certificates: string[];
  /** Certificates that POP and IMAP of the Mailbox server use. */
  byName: { POP: string | null; IMAP: string | null };
}

const FILE = "conformance/organisation.json";

export const readRecord = (shell: Shell): Promise<OrganisationRecord | null> => readJson<OrganisationRecord>(shell, FILE);
export const writeRecord = (leased: LeasedShell, record: OrganisationRecord): Promise<void> => writeJson(leased, FILE, record);
export const dropRecord = (leased: LeasedShell): Promise<void> => removeFile(leased, FILE);
