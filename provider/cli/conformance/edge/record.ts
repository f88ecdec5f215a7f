/** How the Edge was before, kept on the Edge itself until everything is back: a run that was killed is undone by the next one. */
import type { Shell } from "../../../exchange/shell";
import type { ServiceInfo } from "../../../remote/protocol";
import { readJson, removeFile, writeJson } from "../../../rotation/files";
import type { LeasedShell } from "../../../rotation/leasedShell";

export interface Baseline {
  taken: string;
  default: string | null;
  certificates: string[];
  /** Receive connector → its TlsCertificateName. */
  connectors: { [name: string]: string | null };
  services: { [name: string]: ServiceInfo["status"] };
  /** State of the component EdgeTransport. */
  component: string;
  ldaps: string | null;
}

const FILE = "conformance/baseline.json";

export const readBaseline = (shell: Shell): Promise<Baseline | null> => readJson<Baseline>(shell, FILE);

export async function writeBaseline(leased: LeasedShell, baseline: Baseline): Promise<void> {
  await writeJson(leased, FILE, baseline);
}

export async function dropBaseline(leased: LeasedShell): Promise<void> {
  await removeFile(leased, FILE);
}
