/** Delete of a certificate: never hurts. What is in use stays, with a warning (rotation.md 6). */
import type { JsonObject } from "../../base/json";
import { inspectCertificate } from "../../exchange/certificates";
import { readCertificate } from "../../pki";
import type { HostSession } from "../../remote/sessions";
import { claimRecord, readClaims } from "../../rotation/claimFiles";
import { healServices } from "../../rotation/directoryServices";
import { seeLease } from "../../rotation/lease";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { Journal, readJournal } from "../../rotation/journal";
import { forgetLeftover, readLeftovers, rememberLeftover } from "../../rotation/leftovers";
import { short } from "../../rotation/reasons";
import { BY_CMDLET, removeFromStore } from "../../rotation/removal";
import { actorOf } from "../../rotation/actor";
import { deleteClaimed, forget } from "../deletion";
import { splitId } from "../ids";
import { deleteSession } from "../outcome";
import { putBack } from "../../steps/wayBack";
import type { Context } from "../types";
import type { CertificateInputs, Unlock } from "./inputs";
import { namedBy, useOf } from "./inUse";
import { swapBackOwed } from "./keptDefault";
import { defaultDoubt, removeReplacedCopy } from "./replaced";
import { lastOfItsName, payUnlock, unlockAndRemove, unlockOwed, unlockSessions } from "./unlock";

export async function deleteCertificate(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = props as unknown as CertificateInputs;
  const [fqdn, thumbprint] = splitId(id);
  const deletion = { kind: "certificate" as const, name: thumbprint, host: inputs.host, props, fqdn };
  const actor = actorOf(inputs.owner);
  const prepare = async (own: HostSession): Promise<void> => {
    // What is looked at under the lease, too: the answers stand where nobody had it in between.
    const ahead = [readClaims(own), readJournal(own, "default"), inspectCertificate(own, thumbprint), readLeftovers(own)];
    void Promise.all(ahead).catch(() => undefined);
    await Promise.all([healServices(own, actor, ctx.signal), seeLease(own)]);
  };
  let locked: { name: string } | null = null;
  const session = await deleteClaimed(ctx, { ...deletion, prepare }, async ({ leased, session: own, right, replaced }) => {
    if (own.facts.role === "Edge") await putBackAbandoned(ctx, inputs, own, leased, thumbprint);
    await swapBackOwed(leased, actor);
    const going = { ctx, inputs, session: own, leased };
    locked = right === "act" ? await removeUnlessUsed({ ...going, thumbprint, replaced }) : null;
    await payLeftovers(going, thumbprint);
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
  const record = await claimRecord(leased, { kind: "transport", name: session.facts.name });
  if (Object.keys(record?.claims ?? {}).some((owner) => actorOf(owner).stack === actor.stack)) return;
  await putBack(ctx, inputs, session, leased, journal);
}

/** One certificate that is let go. */
interface Going {
  ctx: Context;
  inputs: CertificateInputs;
  session: HostSession;
  leased: LeasedShell;
  thumbprint: string;
  /** The owner has another certificate now: what stays is remembered, and tried again. */
  replaced: boolean;
}

/** Removes or keeps; gives the certificate's name back where only an unlock can remove it. */
async function removeUnlessUsed(going: Going): Promise<{ name: string } | null> {
  const { ctx, inputs, session, leased, thumbprint, replaced } = going;
  const result = await tryToRemove(going);
  if (typeof result === "object") return result;
  const stays = result !== "gone";
  if (stays) keep(ctx, session, thumbprint, `${result}.${replaced ? " It is remembered, and the next delete here tries again." : ""}`);
  if (!replaced) return null;
  if (stays) await rememberLeftover(leased, { thumbprint, owner: inputs.owner, why: result }, (await leased.request("hello", {})).utc);
  else if ((await readLeftovers(leased)).some((one) => one.thumbprint === thumbprint)) await forgetLeftover(leased, thumbprint);
  return null;
}

/** `gone`, why it stays (a sentence without its end), or the name that an unlock has to clear. */
async function tryToRemove({ ctx, inputs, session, leased, thumbprint, replaced }: Going): Promise<string | { name: string }> {
  const inspection = await inspectCertificate(leased, thumbprint);
  if (!inspection.found) return "gone";
  const name = inspection.raw ? readCertificate(Buffer.from(inspection.raw, "base64")).tlsCertificateName : "";
  const use = await useOf(ctx, inputs, session, thumbprint);
  if (use) return use;
  const connectors = name ? await namedBy(session, name) : [];
  const owed =
    isUnlock(inputs.onDelete) &&
    (await unlockOwed(await ctx.session(inputs.onDelete.unlock.organization, { preferRegistered: true }), thumbprint));
  let why: string | null = `send connector ${connectors.map((one) => `"${one}"`).join(", ")} names it`;
  if (connectors.length > 0 && replaced && !owed && session.facts.role === "Mailbox") {
    why = await removeReplacedCopy({ leased, thumbprint, owner: inputs.owner, now: ctx.now, signal: ctx.signal });
    if (why === null) return "gone";
  }
  if ((connectors.length > 0 || owed) && isUnlock(inputs.onDelete)) return { name };
  if (connectors.length > 0) return `${why} (onDelete: {unlock} removes it all the same)`;
  const doubt = replaced && session.facts.role === "Mailbox" ? await defaultDoubt(leased, ctx.signal) : null;
  if (doubt) return doubt;
  const removal = await removeFromStore(leased, thumbprint, [BY_CMDLET]);
  return removal.gone ? "gone" : removal.refused.sentence.replace(/\.$/, "");
}

/** What earlier renewals of this stack left because a guard did not hold: tried again whenever a delete works on the host. */
async function payLeftovers(going: Omit<Going, "thumbprint" | "replaced">, except: string): Promise<void> {
  const { ctx, leased, session, inputs } = going;
  const { stack } = actorOf(inputs.owner);
  const own = (await readLeftovers(leased)).filter((one) => one.thumbprint !== except && actorOf(one.owner).stack === stack);
  for (const { thumbprint, owner } of own) {
    const livesAgain = (await claimRecord(leased, { kind: "certificate", name: thumbprint })) !== null;
    const part = { ...inputs, owner, onDelete: undefined };
    const result = livesAgain ? "gone" : await tryToRemove({ ...going, inputs: part, thumbprint, replaced: true });
    if (result === "gone") await forgetLeftover(leased, thumbprint);
    else await rememberLeftover(leased, { thumbprint, owner, why: String(result) }, "");
    if (result === "gone" && !livesAgain) ctx.note(`[${session.facts.name}] ${short(thumbprint)}, which an earlier renewal left, is gone`);
  }
}

function isUnlock(onDelete: CertificateInputs["onDelete"]): onDelete is Unlock {
  return typeof onDelete === "object" && onDelete !== null;
}
function keep(ctx: Context, session: HostSession, thumbprint: string, why: string): null {
  ctx.warn(`[DELETE_KEPT] ${session.facts.name}: ${thumbprint} stays installed: ${why}`);
  return null;
}
