/** Delete of a certificate: never hurts. What is in use stays, with a warning (rotation.md 6). */
import { isExchangeError } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import { defaultThumbprint, inspectCertificate } from "../../exchange/certificates";
import { listSendConnectors, tlsNameOf } from "../../exchange/sendConnectors";
import { text, type Shell } from "../../exchange/shell";
import { readCertificate, sameTlsCertificateName } from "../../pki";
import type { HostSession } from "../../remote/sessions";
import { readClaims, recordOf } from "../../rotation/claims";
import { healServices } from "../../rotation/directoryServices";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { Journal, readJournal } from "../../rotation/journal";
import { BY_CMDLET, removeFromStore } from "../../rotation/removal";
import { actorOf } from "../../rotation/actor";
import { ldapsLeaf, starttlsLeaf } from "../doors";
import { deleteClaimed, forget } from "../deletion";
import { deleteSession } from "../outcome";
import { putBack } from "../transport/putBack";
import type { Context } from "../types";
import type { CertificateInputs, Unlock } from "./inputs";
import { swapBackOwed } from "./keptDefault";
import { lastOfItsName, payUnlock, unlockAndRemove, unlockOwed, unlockSessions } from "./unlock";

export async function deleteCertificate(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = props as unknown as CertificateInputs;
  const [fqdn, thumbprint] = splitId(id);
  const deletion = { kind: "certificate" as const, name: thumbprint, host: inputs.host, props, fqdn };
  const actor = actorOf(inputs.owner);
  const prepare = async (own: HostSession): Promise<void> => void (await healServices(own, actor, ctx.signal));
  let locked: { name: string } | null = null;
  const session = await deleteClaimed(ctx, { ...deletion, prepare }, async ({ leased, session: own, right }) => {
    if (own.facts.role === "Edge") await putBackAbandoned(ctx, inputs, own, leased, thumbprint);
    await swapBackOwed(leased, actor);
    locked = right === "act" ? await removeUnlessUsed(ctx, inputs, own, leased, thumbprint) : null;
    return locked ? "later" : undefined;
  });
  if (!session) return;
  if (!locked) return isUnlock(inputs.onDelete) ? settle(ctx, inputs.onDelete, props, thumbprint) : undefined;
  // The way out takes the leases of several hosts, one after another: this host's must be free again.
  const { name } = locked as { name: string };
  const sessions = await unlockSessions(ctx, inputs.onDelete as Unlock);
  const bare = (await unlockOwed(sessions.organization, thumbprint))
    ? []
    : await lastOfItsName([...sessions.sources, sessions.organization], thumbprint, name);
  if (bare.length > 0)
    keep(ctx, session, thumbprint, `connectors name it, and ${bare.join(", ")} would have no other certificate of that name.`);
  else await unlockAndRemove({ ctx, ...sessions, actor, thumbprint, name });
  await withLease(session, actor, (leased) => forget(leased, deletion, thumbprint), ctx.signal);
}

/** An unlock that broke off, and then the old program came back: this delete removes nothing any more, but the debt is its own. */
async function settle(ctx: Context, onDelete: Unlock, props: JsonObject, thumbprint: string): Promise<void> {
  const organization = await deleteSession(ctx, onDelete.unlock.organization, props);
  const actor = actorOf(String(props.owner));
  if (!organization || !(await unlockOwed(organization, thumbprint))) return;
  await payUnlock({ ctx, ...(await unlockSessions(ctx, onDelete)), actor, thumbprint });
}

/**
 * A first deployment broke off inside its window, before its `TransportService` existed: nobody else would put the Edge back.
 * A certificate that is not the rotation's present target was replaced, and its successor's run goes on.
 */
async function putBackAbandoned(
  ctx: Context,
  inputs: CertificateInputs,
  session: HostSession,
  leased: LeasedShell,
  thumbprint: string,
): Promise<void> {
  const actor = actorOf(inputs.owner);
  const journal = await Journal.load(leased, actor);
  const { state } = journal;
  if (!state?.open || state.stack !== actor.stack || state.target !== thumbprint) return;
  const record = recordOf(await readClaims(leased), "transport", session.facts.name);
  if (Object.keys(record?.claims ?? {}).some((owner) => actorOf(owner).stack === actor.stack)) return;
  await putBack(ctx, inputs, session, leased, journal);
}

export function splitId(id: string): [fqdn: string, thumbprint: string] {
  const at = id.indexOf("\\");
  return [id.slice(0, at), id.slice(at + 1)];
}

/** Removes or keeps; gives the certificate's name back where only an unlock can remove it. */
async function removeUnlessUsed(
  ctx: Context,
  inputs: CertificateInputs,
  session: HostSession,
  leased: LeasedShell,
  thumbprint: string,
): Promise<{ name: string } | null> {
  const inspection = await inspectCertificate(leased, thumbprint);
  if (!inspection.found) return null;
  const name = inspection.raw ? readCertificate(Buffer.from(inspection.raw, "base64")).tlsCertificateName : "";
  const use = await useOf(ctx, inputs, session, thumbprint);
  if (use) return keep(ctx, session, thumbprint, `${use}.`);
  const connectors = name ? await namedBy(session, name) : [];
  const owed =
    isUnlock(inputs.onDelete) &&
    (await unlockOwed(await ctx.session(inputs.onDelete.unlock.organization, { preferRegistered: true }), thumbprint));
  if ((connectors.length > 0 || owed) && isUnlock(inputs.onDelete)) return { name };
  if (connectors.length > 0) {
    return keep(
      ctx,
      session,
      thumbprint,
      `send connector ${connectors.map((one) => `"${one}"`).join(", ")} names it (onDelete: {unlock} removes it all the same).`,
    );
  }
  const removal = await removeFromStore(leased, thumbprint, [BY_CMDLET]);
  return removal.gone ? null : keep(ctx, session, thumbprint, removal.refused.sentence);
}

function isUnlock(onDelete: CertificateInputs["onDelete"]): onDelete is Unlock {
  return typeof onDelete === "object" && onDelete !== null;
}
function keep(ctx: Context, session: HostSession, thumbprint: string, why: string): null {
  ctx.warn(`[DELETE_KEPT] ${session.facts.name}: ${thumbprint} stays installed: ${why}`);
  return null;
}

/** Why a certificate must not go, or null. */
async function useOf(ctx: Context, inputs: CertificateInputs, session: HostSession, thumbprint: string): Promise<string | null> {
  if ((await defaultThumbprint(session)) === thumbprint) return "it is the default certificate of the server";
  if (session.facts.role !== "Edge") return null;
  const journal = await readJournal(session);
  if (journal?.open && journal.old.defaultThumbprint === thumbprint) return "an open rotation may have to return to it";
  if ((await quiet(starttlsLeaf(inputs.host, session))) === thumbprint) return "transport presents it at STARTTLS";
  if (!inputs.organization) return null;
  const organization = await ctx.session(inputs.organization, { preferRegistered: true }).catch(() => null);
  const bound = organization && (await quiet(ldapsLeaf(inputs.host, session, organization)));
  return bound === thumbprint ? "AD LDS presents it to EdgeSync" : null;
}

async function namedBy(shell: Shell, name: string): Promise<string[]> {
  const connectors = await listSendConnectors(shell);
  return connectors.filter((one) => sameTlsCertificateName(tlsNameOf(one), name)).map((one) => text(one.Name));
}

async function quiet(asked: Promise<string | null>): Promise<string | null> {
  try {
    return await asked;
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return null;
    throw error;
  }
}
