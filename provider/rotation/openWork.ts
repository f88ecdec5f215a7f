/** What is open on a host, for whoever only looks: nothing is taken, nothing is written. */
import type { Shell } from "../exchange/shell";
import { readJson } from "./files";
import { isFree, type LeaseRecord } from "./lease";
import { progressOf } from "./outage";
import { openJournal } from "./situation";

/** A rotation that is open on an Edge, by its journal. */
export interface OpenWork {
  owner: string;
  stack: string;
  /** ISO 8601 UTC. */
  since: string;
  site: string | null;
  /** Host that has the site's record, by its fully qualified name. */
  organization: string | null;
  step: number;
  of: number;
  /** What is done, in an administrator's words. */
  text: string;
  /** Transport was taken out of service and has to be started again. */
  isOut: boolean;
  /** Step that was begun and whose end is not recorded. */
  interrupted: string | null;
}

/** @throws JOURNAL_UNREADABLE */
export async function openWork(edge: Shell): Promise<OpenWork | null> {
  const open = await openJournal(edge);
  if (!open) return null;
  const { owner, stack, site, organization } = open.state;
  return { owner, stack, site, organization, interrupted: open.interrupted, ...progressOf(open.state) };
}

/** Who is at work on a host: owner of the lease that binds others now. Null: nobody. */
export async function atWork(shell: Shell, now: Date): Promise<string | null> {
  // A lease that another one follows while we look is gone by the time it is read.
  for (let look = 0; look < 3; look++) {
    const { files } = await shell.request("file.list", { path: "lease" });
    const newest = Math.max(0, ...files.map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0)));
    if (newest === 0) return null;
    const record = await readJson<LeaseRecord>(shell, `lease/${newest}.json`);
    if (record) return isFree(record, now) ? null : record.owner;
  }
  return null;
}
