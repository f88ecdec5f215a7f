/**
 * Certificates that a renewal has replaced and that are still in the store, because a guard of their removal did not hold. State has
 * forgotten them; the host remembers: the next delete there tries again, `report` and `doctor` show them.
 */
import type { Shell } from "../exchange/shell";
import { readJson, removeFile, writeJson } from "./files";

export interface Leftover {
  thumbprint: string;
  /** Who let it go. */
  owner: string;
  /** When it was replaced, ISO 8601 UTC. */
  since: string;
  /** Why it stays, as of the last try: a sentence without its end. */
  why: string;
}
const FOLDER = "leftovers";
const path = (thumbprint: string): string => `${FOLDER}/${thumbprint.toUpperCase()}.json`;

/** What the host remembers; whether it is still in the store is the caller's to see. */
export async function readLeftovers(shell: Shell): Promise<Leftover[]> {
  const { files } = await shell.request("file.list", { path: FOLDER });
  const thumbprints = files.flatMap((name) => /^([0-9A-F]{40})\.json$/.exec(name)?.[1] ?? []);
  const read = await Promise.all(thumbprints.map((one) => readJson<Leftover>(shell, path(one))));
  return read.filter((one) => one !== null);
}

/** Remembers one, or why it still stays. `since` counts at the first time alone. */
export async function rememberLeftover(leased: Shell, leftover: Omit<Leftover, "since">, utc: string): Promise<void> {
  const known = await readJson<Leftover>(leased, path(leftover.thumbprint));
  if (known?.why === leftover.why && known.owner === leftover.owner) return;
  await writeJson(leased, path(leftover.thumbprint), { ...leftover, since: known?.since ?? utc } satisfies Leftover);
}

export function forgetLeftover(leased: Shell, thumbprint: string): Promise<unknown> {
  return removeFile(leased, path(thumbprint));
}
