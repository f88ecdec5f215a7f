/**
 * The frame of every delete (rotation.md 6 to 8): the session, the lease, what the claims allow, the work, and the claim that
 * goes with it. A record that is gone, or another claim than the deleted resource's, means that the object lives again: nothing is done.
 */
import type { JsonObject } from "../base/json";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { claimsOf, saveClaimsOf, withPresent } from "../rotation/claimFiles";
import { askedDelete, deleteRight, holderOf, withoutClaim, type ClaimBook, type ClaimRecord, type Kind } from "../rotation/claims";
import { withLease, type LeasedShell } from "../rotation/leasedShell";
import { actorOf } from "../rotation/actor";
import { isDeclared } from "./declared";
import { deleteSession } from "./outcome";
import type { Context } from "./types";
import { standsElsewhere } from "./whereabouts";

export interface Deletion {
  kind: Kind;
  /** Key of the object's claim; from the session where only the server knows it. */
  name: string | ((session: HostSession) => string);
  /** Where the claim lies. */
  host: HostConnection;
  /** The deleted resource's outputs. */
  props: JsonObject;
  /** The server that the resource stands on; left out for objects of the organisation. */
  fqdn?: string;
  /** Before the lease is taken. */
  prepare?: (session: HostSession) => Promise<void>;
}
type Work = (task: Deleting) => Promise<void | "later">;
export interface Deleting {
  leased: LeasedShell;
  session: HostSession;
  record: ClaimRecord;
  /** `forget`: others claim the object too, or it was adopted; only the claim goes. */
  right: "act" | "forget";
  /** The owner's present object of this kind is another one: this one was replaced. */
  replaced: boolean;
}

/** `work` may answer `"later"`: then the claim stays until `forget`. Null when the host is gone and the program said to forget. */
export async function deleteClaimed(ctx: Context, deletion: Deletion, work: Work): Promise<HostSession | null> {
  const { props, prepare } = deletion;
  const session = await sessionToDelete(ctx, deletion);
  if (!session) return null;
  await prepare?.(session);
  await withLease(session, actorOf(String(props.owner)), (leased) => underLease(leased, session, deletion, work), ctx.signal);
  return session;
}

/** The server that the resource stands on; null, and told, where the connection leads to another one, or the program said to forget. */
export async function sessionToDelete(
  ctx: Context,
  { host, props, fqdn }: Pick<Deletion, "host" | "props" | "fqdn">,
): Promise<HostSession | null> {
  const session = await deleteSession(ctx, host, props);
  if (!session || fqdn === undefined || !standsElsewhere(session, host, fqdn)) return session;
  ctx.warn(`[DELETE_KEPT] ${fqdn} cannot be reached by this connection, which leads to ${session.facts.fqdn}: what is there stays.`);
  return null;
}

async function underLease(leased: LeasedShell, session: HostSession, deletion: Deletion, work: Work): Promise<void> {
  const { kind, name: key, props } = deletion;
  const name = typeof key === "string" ? key : key(session);
  const own = await claimsOf(leased, { kind, name });
  const owner = holder(own, deletion, name);
  const declared = isDeclared(owner);
  // On a destroy nothing is replaced: of hundreds of connectors none then reads the claims of all.
  const book = declared ? await withPresent(leased, { kind, name }, own) : own;
  const onDelete = askedDelete(props.onDelete);
  const deleted = { kind, name, owner, claim: claimOf(props), onDelete, declared };
  const { right, record, replaced } = deleteRight(book, deleted);
  if (right === "nothing" || !record) return;
  if ((await work({ leased, session, record, right, replaced })) !== "later") await forget(leased, deletion, name);
}

/** The claims are read again: the work may have taken long, or changed them. */
export async function forget(leased: LeasedShell, deletion: Pick<Deletion, "kind" | "props">, name: string): Promise<void> {
  const { kind } = deletion;
  const book = await claimsOf(leased, { kind, name });
  await saveClaimsOf(leased, { kind, name }, book, withoutClaim(book, kind, name, holder(book, deletion, name)));
}

const claimOf = (props: JsonObject): string => String(props.claim ?? "");
/** An alias may have moved the claim to another owner. */
function holder(book: ClaimBook, { kind, props }: Pick<Deletion, "kind" | "props">, name: string): string {
  return holderOf(book, kind, name, String(props.owner), claimOf(props));
}
