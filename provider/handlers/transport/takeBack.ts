/** Back into service under the Edge's lease: everything is read again, because another run may have worked since the first look. */
import { defaultThumbprint } from "../../exchange/certificates";
import { transportStatus } from "../../exchange/transport";
import type { Context } from "../types";
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import { directoryStep } from "../../rotation/directoryServices";
import { runPlan } from "../../rotation/engine";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { Journal } from "../../rotation/journal";
import { short } from "../../rotation/reasons";
import type { Actor } from "../../rotation/actor";
import { finishForward } from "./forward";
import { restoreDefault } from "./restore";
import { openJournal, readSituation, wayBack } from "./situation";

export interface TakeBack {
  ctx: Context;
  host: HostConnection;
  session: HostSession;
  organization: HostSession | null;
  actor: Actor;
}

/** Returns what to tell. @throws LEASE_HELD, and whatever a step may fail with: the journal then stays open */
export function takeBack(task: TakeBack): Promise<string[]> {
  return withLease(task.session, task.actor, (leased) => underLease(task, leased), task.ctx.signal);
}

async function underLease(task: TakeBack, leased: LeasedShell): Promise<string[]> {
  const { ctx, host, session, organization, actor } = task;
  const { name } = session.facts;
  const open = await openJournal(leased);
  if (open?.state.stack !== actor.stack) return [`${name}: the rotation was closed meanwhile; it is left as it is.`];
  const journal = await Journal.load(leased, actor);
  // without AD LDS's dependants not even reading works
  await runPlan({ host: name, steps: [directoryStep(leased, journal)], journal, signal: ctx.signal });
  const way = wayBack(await readSituation(host, session, organization, open, ctx.now));
  const forward = { ctx, host, session, organization, leased, journal, actor };
  if (way === "restore") await restoreDefault(forward);
  else await finishForward(forward, way === "rebind");
  return [await outcome(session)];
}

async function outcome(session: HostSession): Promise<string> {
  const [{ status }, current] = await Promise.all([transportStatus(session), defaultThumbprint(session)]);
  return `${session.facts.name}: transport is ${status}, the default is ${current === null ? "missing" : short(current)}, the rotation is closed.`;
}
