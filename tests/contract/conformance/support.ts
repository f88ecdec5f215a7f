/** Runs the command against a lab whose hosts it knows by SSH alone, and reads the file that it wrote. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../../../lab/start";
import type { Conformance } from "../../../provider/cli/conformance/file";
import type { PointName, PointValue } from "../../../provider/cli/conformance/points";
import { cli, folder, hostsFile, type Ended } from "../cli/support";

/** Toggles of the class `read-only` set the other way. */
export const OTHER_READINGS = {
  agentOperations: "before",
  getWrongIdentity: "error",
  certificateObjects: "rawData",
  edgeSyncLease: "concept",
  perTypeStates: "always",
  edgeSyncLevels: "articles",
  inboundConnectorCost: "1",
  eccRegistryValue: "1",
  eccOverride: "enabled",
  adfsClaims: true,
  expiresSoonText: "hours",
  openTexts: "localised",
  revocationCheck: "fails",
};

export interface Asked extends Ended {
  file: string;
  text: string;
  found: Conformance;
}

export async function conformance(lab: Lab, args: string[] = [], changes: { [name: string]: object | null } = {}): Promise<Asked> {
  const file = join(await folder(), "conformance.json");
  const ended = await cli(["conformance", "--hosts", await hostsFile(lab, changes), "-o", file, ...args]);
  const text = await readFile(file, "utf8").catch(() => "{}");
  return { ...ended, file, text, found: JSON.parse(text) as Conformance };
}

/** What was found of these points, `null` where nothing was. */
export function valuesOf({ found }: Asked, names: string[]): { [name: string]: PointValue | null } {
  return Object.fromEntries(names.map((name) => [name, found.points[name as PointName].value]));
}
