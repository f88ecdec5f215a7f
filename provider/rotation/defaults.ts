/**
 * When a Mailbox server's default certificate last changed, as far as runs of this package changed it: until every Edge has synchronised
 * since then, the old default may be the only way back (exchange.md 15.1).
 */
import { defaultThumbprint } from "../exchange/certificates";
import type { Shell } from "../exchange/shell";
import { readJson, writeJson } from "./files";

interface DefaultChange {
  thumbprint: string;
  /** By the server's clock, ISO 8601 UTC. */
  since: string;
}
const FILE = "default.json";

/** After a change that was read back. Edges prove their binding inside their windows. */
export async function noteDefaultChange(leased: Shell, thumbprint: string): Promise<void> {
  if (leased.facts.role !== "Mailbox") return;
  const { utc } = await leased.request("hello", {});
  await writeJson(leased, FILE, { thumbprint, since: utc } satisfies DefaultChange);
}

/** Null where no run changed it. Where somebody changed it by hand since, nobody knows when: then it counts as changed now. */
export async function defaultChangedAt(shell: Shell): Promise<Date | null> {
  const noted = await readJson<DefaultChange>(shell, FILE);
  if (noted === null) return null;
  const known = noted.thumbprint === (await defaultThumbprint(shell));
  return new Date(known ? noted.since : (await shell.request("hello", {})).utc);
}
