/** What a connector's flip still owes, kept on the organisation's host, so that a crash does not forget a restart. */
import type { Shell } from "../exchange/shell";
import { transportStatus } from "../exchange/transport";
import { fileName, readJson, removeFile, writeJson } from "./files";
import type { LeasedShell } from "./leasedShell";

export interface Flip {
  connector: string;
  since: string;
  /** Source servers whose transport ran and has not been restarted since the value arrived. */
  restarts: string[];
}
const path = (connector: string): string => `flips/${fileName(connector.toUpperCase())}.json`;

export function readFlip(organization: Shell, connector: string): Promise<Flip | null> {
  return readJson<Flip>(organization, path(connector));
}

/** Whether a flip is open; of many connectors only those that have one are read. */
export async function owesFlip(organization: Shell, connector: string): Promise<boolean> {
  const { files } = await organization.request("file.list", { path: "flips" });
  const own = path(connector).slice("flips/".length).toUpperCase();
  return files.some((name) => name.toUpperCase() === own) && (await readFlip(organization, connector)) !== null;
}

/** Written before the connector is set. Sources that an earlier flip still owes stay on the list. */
export async function writeFlip(leased: LeasedShell, connector: string, sources: readonly Shell[], earlier: Flip | null): Promise<void> {
  const running: string[] = [];
  for (const source of sources) if ((await transportStatus(source)).status === "Running") running.push(source.facts.name);
  const restarts = [...new Set([...(earlier?.restarts ?? []), ...running])];
  await writeJson(leased, path(connector), { connector, since: leased.facts.utc, restarts } satisfies Flip);
}

/** A source's restart is done. */
export function restarted(leased: LeasedShell, flip: Flip, server: string): Promise<void> {
  return writeJson(leased, path(flip.connector), { ...flip, restarts: flip.restarts.filter((name) => name !== server) });
}

export function closeFlip(leased: LeasedShell, connector: string): Promise<void> {
  return removeFile(leased, path(connector));
}
