/** `resume --abandon`: the Edge stays as it is, out of service; only its site becomes free for another Edge. */
import { ExchangeError } from "../../base/errors";
import type { HostSession } from "../../remote/sessions";
import { withLease } from "../../rotation/leasedShell";
import type { Actor } from "../../rotation/actor";
import { releaseSites } from "./windows";

export interface Abandoning {
  /** Name as the windows spell it. */
  edge: string;
  /** Null when the Edge cannot be reached. */
  session: HostSession | null;
  organization: HostSession;
  actor: Actor;
  /** Whether the Edge's journal is open, as far as it could be read. */
  open: boolean;
  signal: AbortSignal;
}

/**
 * Takes the Edge's lease first where it can: the site of a run that is alive is not given away.
 * @throws LEASE_HELD; INVALID_ARGUMENT when there is nothing to abandon
 */
export async function abandon(task: Abandoning): Promise<string[]> {
  const { edge, session, organization, actor, signal, open } = task;
  const free = (): ReturnType<typeof releaseSites> => releaseSites(organization, edge, actor, signal);
  const freed = session ? await withLease(session, actor, free, signal) : await free();
  if (freed.length === 0 && !open) {
    throw new ExchangeError("INVALID_ARGUMENT", `${organization.facts.name} has no open window of ${edge}: there is nothing to abandon.`);
  }
  return [
    freed.length > 0
      ? `${freed.map((one) => `Site ${one.site}`).join(", ")} is free: another Edge may be taken out of service now.`
      : `${organization.facts.name} has no open window of ${edge}; no other Edge was held up by it.`,
    `${edge} stays out of service${open ? ", and its journal stays open" : ""}. Nothing was changed on it.`,
    `When it is to come back: \`pulumi up\` in its stack, or \`npx pulumi-exchange resume ${edge}\` without --abandon.`,
  ];
}
