/** The window of a certificate's host: opened, or taken up as it is. */
import type { HostSession } from "../../remote/sessions";
import type { Actor } from "../../rotation/actor";
import type { Journal } from "../../rotation/journal";
import type { LeasedShell } from "../../rotation/leasedShell";
import { openRotation } from "../../rotation/opening";
import { presentedNow } from "../../steps/start";
import { fellowsOf } from "../fellows";
import type { Context } from "../types";
import type { Gathered } from "./gather";
import type { CertificateInputs } from "./inputs";

export interface Opening {
  ctx: Context;
  inputs: CertificateInputs;
  session: HostSession;
  organization: HostSession | null;
  actor: Actor;
  now: Gathered;
  /** The owner's name before an alias. */
  formerOwner?: string;
}

/** `before`: the default that counts as the old one; `target` null: whatever the open journal has. */
export async function openWindow(opening: Opening, leased: LeasedShell, before: string | null, target: string | null): Promise<Journal> {
  const { ctx, inputs, session, organization, actor, now, formerOwner } = opening;
  return openRotation({
    edge: leased,
    organization,
    actor,
    target,
    hold: inputs.drain === "hold",
    formerOwner,
    old: { defaultThumbprint: before, ldapsThumbprint: null },
    presented: () => (now.isEdge ? presentedNow(inputs.host, session) : Promise.resolve(null)),
    signal: ctx.signal,
    ...(organization ? { fellows: fellowsOf({ ctx, actor, organization, host: inputs.host, edge: session.facts.name }) } : {}),
  });
}
