/** A lab as the commands see it, by a hosts file. */
import type { Lab } from "../../lab/start";
import { parseHosts, type Hosts } from "../../provider/cli/hostsFile";
import { takeSnapshot, type Snapshot } from "../../provider/cli/snapshot/take";
import { closeAll } from "../../provider/remote/sessions";

/** How far back event logs are read in these tests. */
export const HOURS = 24;

/** Connections end with the work. */
export async function withHosts<T>(lab: Lab, work: (hosts: Hosts) => Promise<T>): Promise<T> {
  try {
    return await work(parseHosts(JSON.stringify(lab.ready), "lab.json"));
  } finally {
    await closeAll();
  }
}

export const snapshotOf = (lab: Lab): Promise<Snapshot> => withHosts(lab, (hosts) => takeSnapshot(hosts, HOURS));
