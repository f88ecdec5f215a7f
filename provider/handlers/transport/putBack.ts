/** A delete in the middle of a rotation: the old default, AD LDS and the binding come back, then transport (rotation.md 6). */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint, inspectCertificate } from "../../exchange/certificates";
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import type { LeasedShell } from "../../rotation/leasedShell";
import type { Journal } from "../../rotation/journal";
import { actorOf } from "../../rotation/actor";
import type { Context } from "../types";
import { finishForward } from "./forward";
import { restoreDefault } from "./restore";

/** The resource that is deleted. */
export interface Owner {
  host: HostConnection;
  organization?: HostConnection;
  owner: string;
}

/** @throws ROTATION_OPEN when the old certificate is gone */
export async function putBack(ctx: Context, inputs: Owner, session: HostSession, leased: LeasedShell, journal: Journal): Promise<void> {
  const host = session.facts.name;
  const state = journal.state!;
  const old = state.old.defaultThumbprint;
  const changed = (await defaultThumbprint(leased)) !== old || state.exported;
  if (!inputs.organization) {
    throw new ExchangeError("ROTATION_OPEN", `${host}: a rotation is open and no organization is known to put it back.`, { host });
  }
  if (changed && (old === null || !(await isUsable(leased, old)))) {
    throw new ExchangeError(
      "ROTATION_OPEN",
      `${host}: a rotation is open and its old certificate ${old ?? ""} is gone; the Edge cannot be put back.`,
      { host },
    );
  }
  const organization = await ctx.session(inputs.organization, { preferRegistered: true });
  const task = { ctx, host: inputs.host, session, organization, leased, journal, actor: actorOf(inputs.owner) };
  await (changed ? restoreDefault(task) : finishForward(task, false));
}

async function isUsable(leased: LeasedShell, thumbprint: string): Promise<boolean> {
  const found = await inspectCertificate(leased, thumbprint);
  return found.found && found.hasPrivateKey === true;
}
